import assert from 'node:assert/strict';
import type { StoredIdentity } from '#lib/tls/identity/choice.js';
import { parseSearch } from '#lib/tls/identity/search.js';
import {
  FollowedIdentity,
  type FollowedStore,
  type StoreChanges,
} from '#lib/tls/server/followed-identity.js';
import type { NativeCertificate, NativeKeyLocation } from '#lib/native/store-binding.js';
import { Certificate } from '#lib/windows/store/certificate.js';
import { deferred } from '#lib/base/async/deferred.js';
import { matcherOf, type CertificateQuery } from '#lib/windows/store/query.js';
import { TestAuthority, type CertificateOptions } from '../../../support/certificates.js';
import { ScriptedClock } from '../../../support/scripted-clock.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2030, 0, 1);
const at = (days: number): Date => new Date(NOW + days * DAY);

const keyNamed = (container: string): NativeKeyLocation => ({
  container,
  provider: 'scripted',
  providerType: 0,
  flags: 0,
  keySpec: 0,
});

/** A store that does as it is told, and counts what is open. */
class PlayedStore {
  readonly entries = new Map<string, { der: Uint8Array; location: NativeKeyLocation | null }>();
  failure: Error | null = null;
  opened = 0;
  /** Stores and certificates that nobody has closed. */
  open = 0;
  looks = 0;
  #tell: (() => void) | null = null;

  readonly openStore = (): Promise<FollowedStore> => {
    if (this.failure) return Promise.reject(this.failure);
    this.opened += 1;
    this.open += 1;
    let isOpen = true;
    return Promise.resolve({
      find: (query) => this.#find(query),
      watch: () => this.#watch(),
      close: () => {
        if (isOpen) this.open -= 1;
        isOpen = false;
        this.change();
      },
    });
  };

  put(name: string, der: Uint8Array, location: NativeKeyLocation | null = keyNamed(name)): void {
    this.entries.set(name, { der, location });
    this.change();
  }

  take(name: string): void {
    this.entries.delete(name);
    this.change();
  }

  change(): void {
    this.#tell?.();
  }

  #watch(): StoreChanges {
    return {
      started: Promise.resolve(),
      next: async () => {
        const { promise, resolve } = deferred();
        this.#tell = resolve;
        await promise;
        if (this.failure) throw this.failure;
        if (this.open === 0) return { done: true, value: undefined };
        this.open += 1;
        return { done: false, value: { certificate: { close: () => void (this.open -= 1) } } };
      },
    };
  }

  async #find(query: CertificateQuery): Promise<Certificate[]> {
    this.looks += 1;
    if (this.failure) throw this.failure;
    const matches = matcherOf(query);
    const found: Certificate[] = [];
    for (const { der, location } of this.entries.values()) {
      this.open += 1;
      const certificate = new Certificate(this.#native(der, location), null);
      if (await matches(certificate)) found.push(certificate);
      else certificate.close();
    }
    return found;
  }

  #native(encoded: Uint8Array, location: NativeKeyLocation | null): NativeCertificate {
    const unused = (): never => {
      throw new Error('looking changes nothing');
    };
    return {
      encoded,
      property: () => null,
      keyLocation: () => location,
      setProperty: unused,
      setKeyLocation: unused,
      close: () => void (this.open -= 1),
    };
  }
}

describe('tls/server/followed-identity', () => {
  let authority: TestAuthority;
  let store: PlayedStore;
  let clock: ScriptedClock;
  let told: string[];
  let refused: Set<string>;
  let retired: string[];
  let followed: FollowedIdentity | null;

  const issue = async (from: number, to: number, options: CertificateOptions = {}): Promise<Uint8Array> => {
    const dates = { notBefore: at(from), notAfter: at(to) };
    return (await authority.issue({ altNames: ['DNS:mail.example.com'], ...dates, ...options })).der;
  };
  const nameOf = ({ location }: StoredIdentity): string => location.container;
  const current = async (): Promise<string> => nameOf(await (followed?.current() ?? assert.fail()));

  /** Begins to follow, and lets it look. */
  async function follow(): Promise<void> {
    const nameOfDer = (der: Uint8Array): string =>
      [...store.entries].find(([, entry]) => Buffer.from(entry.der).equals(der))?.[0] ?? 'gone';
    followed = new FollowedIdentity(parseSearch({ dns: 'mail.example.com' }), {
      open: store.openStore,
      tryOut: (stored) =>
        refused.has(nameOf(stored))
          ? Promise.reject(new Error(`${nameOf(stored)} refused`))
          : Promise.resolve(),
      retire: (stored) => void retired.push(nameOf(stored)),
      clock,
      changed: ({ previous, current: now }) =>
        void told.push(`${previous === null ? 'nothing' : 'another'} before ${nameOfDer(now.raw)}`),
      troubled: ({ message }) => void told.push(message),
    });
    await clock.advance(0);
  }

  before(async () => {
    authority = await TestAuthority.create('CN=followed');
  });
  beforeEach(() => {
    store = new PlayedStore();
    clock = new ScriptedClock(NOW);
    told = [];
    refused = new Set();
    retired = [];
    followed = null;
  });
  afterEach(async () => {
    followed?.end();
    await clock.advance(0);
    assert.deepEqual({ open: store.open, timers: clock.timers }, { open: 0, timers: 0 }, 'something is left');
  });

  it('takes the newest that is valid, for servers, of the name, and with a key', async () => {
    store.put('old', await issue(-20, 20));
    store.put('good', await issue(-10, 20));
    store.put('expired', await issue(-9, -1));
    store.put('future', await issue(5, 20));
    store.put('without key', await issue(-8, 20), null);
    store.put('of a client', await issue(-7, 20, { usages: ['clientAuth'] }));
    store.put('of another', await issue(-6, 20, { altNames: ['DNS:www.example.com'] }));
    await follow();
    assert.equal(await current(), 'good');
    assert.deepEqual(told, ['nothing before good']);
  });

  it('takes a renewed certificate when it appears, and retires the old one', async () => {
    store.put('first', await issue(-10, 20));
    await follow();
    store.put('second', await issue(-1, 40));
    await clock.advance(0);
    assert.equal(await current(), 'second');
    assert.deepEqual(told, ['nothing before first', 'another before second']);
    assert.deepEqual(retired, ['first']);
  });

  it('keeps its certificate while there is no better one', async () => {
    store.put('first', await issue(-10, 20));
    await follow();
    store.put('older', await issue(-20, 40));
    await clock.advance(2 * HOUR);
    assert.deepEqual(told, ['nothing before first']);
    assert.equal(store.looks, 4);
  });

  it('takes a certificate again if its key has moved', async () => {
    const der = await issue(-10, 20);
    store.put('one', der);
    await follow();
    store.entries.clear();
    store.put('moved', der);
    await clock.advance(0);
    assert.equal(await current(), 'moved');
  });

  it('changes without a change of the store when a certificate becomes valid', async () => {
    store.put('first', await issue(-10, 20));
    store.put('second', await issue(0.01, 20));
    await follow();
    assert.equal(await current(), 'first');
    await clock.advance(0.01 * DAY - 1);
    assert.equal(await current(), 'first');
    await clock.advance(1);
    assert.equal(await current(), 'second');
  });

  it('changes without a change of the store when the present one expires', async () => {
    store.put('longer', await issue(-20, 20));
    store.put('first', await issue(-10, 0.01));
    await follow();
    assert.equal(await current(), 'first');
    await clock.advance(0.01 * DAY + 1);
    assert.equal(await current(), 'longer');
  });

  it('keeps the last one when it is removed or expires, and warns once', async () => {
    store.put('only', await issue(-10, 0.01));
    await follow();
    await clock.advance(DAY);
    assert.equal(await current(), 'only');
    assert.match(told[1] ?? '', /No certificate in CurrentUser\\MY/);
    store.take('only');
    await clock.advance(DAY);
    assert.equal(await current(), 'only');
    assert.equal(told.length, 2);
    assert.deepEqual(retired, []);
  });

  it('keeps the present one if Windows refuses a newer one', async () => {
    refused.add('second');
    store.put('first', await issue(-10, 20));
    await follow();
    store.put('second', await issue(-1, 40));
    await clock.advance(0);
    assert.equal(await current(), 'first');
    assert.deepEqual(told, ['nothing before first', 'second refused']);
    refused.clear();
    await clock.advance(HOUR);
    assert.equal(await current(), 'second');
  });

  it('begins with an older one if Windows refuses the newest', async () => {
    refused.add('second');
    store.put('first', await issue(-10, 20));
    store.put('second', await issue(-1, 40));
    await follow();
    assert.equal(await current(), 'first');
    assert.deepEqual(told, ['nothing before first', 'second refused']);
  });

  it('warns if there is no certificate at first, and takes the first that appears', async () => {
    await follow();
    await assert.rejects(current(), { code: 'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND' });
    assert.equal(told.length, 1);
    store.put('one', await issue(-10, 20));
    await clock.advance(0);
    assert.equal(await current(), 'one');
    assert.equal(told[1], 'nothing before one');
  });

  for (const [what, open] of [
    ['cannot be opened', () => undefined],
    ['fails later', follow],
  ] as const) {
    it(`opens a store again that ${what}`, async () => {
      store.put('one', await issue(-10, 20));
      await open();
      store.failure = new Error('store is broken');
      if (followed) store.change();
      else await follow();
      await clock.advance(0);
      assert.equal(told.at(-1), 'store is broken');
      await clock.advance(60_000);
      assert.equal(told.filter((each) => each === 'store is broken').length, 1);
      store.failure = null;
      await clock.advance(10_000);
      assert.equal(await current(), 'one');
      // A trouble that is over is told again when it comes back.
      store.failure = new Error('store is broken');
      store.change();
      await clock.advance(0);
      assert.equal(told.filter((each) => each === 'store is broken').length, 2);
      assert.equal(await current(), 'one');
    });
  }

  it('rejects waiting callers if it ends before its first look', async () => {
    followed = new FollowedIdentity(parseSearch({ dns: 'mail.example.com' }), {
      open: store.openStore,
      tryOut: () => Promise.resolve(),
      retire: () => undefined,
      clock,
      changed: () => told.push('changed'),
      troubled: () => told.push('troubled'),
    });
    const waiting = followed.current();
    followed.end();
    await assert.rejects(waiting, { code: 'ERR_SCHANNEL_USAGE_CLOSED' });
    await clock.advance(DAY);
    assert.deepEqual(told, []);
  });

  it('stops looking after its end', async () => {
    await follow();
    followed?.end();
    const { looks } = store;
    store.put('one', await issue(-10, 20));
    await clock.advance(DAY);
    assert.equal(store.looks, looks);
    assert.equal(told.length, 1);
  });
});
