import assert from 'node:assert/strict';
import { expiring, type ExpiringCertificate } from '#lib/windows/store/expiring.js';
import {
  type AlarmedStore,
  type ExpiryAlarm,
  type ExpiryAlarmOptions,
  ExpiryAlarms,
} from '#lib/windows/store/expiry-alarms.js';
import { PulledIterator } from '#lib/windows/store/pulled-iterator.js';
import type { StoreChange } from '#lib/windows/store/watch.js';
import { idle, ScriptedClock } from '../../../support/scripted-clock.js';

const DAY = 86_400_000;
const NOW = Date.UTC(2030, 0, 1);

class FakeCertificate implements ExpiringCertificate {
  readonly thumbprint: string;
  readonly reference: string;
  open = true;

  constructor(
    readonly name: string,
    readonly validTo: Date,
  ) {
    this.thumbprint = name;
    this.reference = `Fake\\MY\\${name}`;
  }

  close(): void {
    this.open = false;
  }
}

/** A store with certificates that end some days after the start; counts what it gave and nobody closed. */
class FakeStore implements AlarmedStore<FakeCertificate> {
  readonly given: FakeCertificate[] = [];
  readonly changes: FakeChanges[] = [];
  /** Error of the next all(). */
  failure: Error | null = null;

  constructor(readonly days: Record<string, number>) {}

  get open(): number {
    return this.given.filter((each) => each.open).length + this.changes.filter((each) => each.open).length;
  }

  all(): Promise<readonly FakeCertificate[]> {
    if (this.failure !== null) return Promise.reject(this.failure);
    const all = Object.entries(this.days).map(
      ([name, days]) => new FakeCertificate(name, new Date(NOW + days * DAY)),
    );
    this.given.push(...all);
    return Promise.resolve(all);
  }

  watch(): FakeChanges {
    const changes = new FakeChanges();
    this.changes.push(changes);
    return changes;
  }

  /** As when another process has changed it. */
  async change(days: Record<string, number | undefined>): Promise<void> {
    for (const [name, end] of Object.entries(days)) {
      if (end === undefined) Reflect.deleteProperty(this.days, name);
      else this.days[name] = end;
    }
    const certificate = new FakeCertificate('changed', new Date(NOW));
    this.given.push(certificate);
    for (const each of this.changes) each.tell(certificate);
    await idle();
  }
}

class FakeChanges extends PulledIterator<StoreChange<FakeCertificate>> {
  open = true;
  #wake: () => void = () => undefined;
  #next: FakeCertificate | null = null;

  constructor() {
    super(null);
  }

  tell(certificate: FakeCertificate): void {
    this.#next = certificate;
    this.#wake();
  }

  protected override async produce(): Promise<readonly StoreChange<FakeCertificate>[]> {
    if (this.#next === null) await new Promise<void>((resolve) => (this.#wake = resolve));
    const certificate = this.#next;
    this.#next = null;
    if (certificate === null) return [];
    const { thumbprint, reference } = certificate;
    return [{ type: 'added', thumbprint, reference, certificate }];
  }

  protected override stop(): void {
    this.open = false;
    this.#wake();
  }

  protected override discard({ certificate }: StoreChange<FakeCertificate>): void {
    certificate.close();
  }
}

const told = ({ certificate, before, left }: ExpiryAlarm<FakeCertificate>): string =>
  `${certificate.name} ${before} ${left / DAY}`;

describe('windows/store/expiring', () => {
  const at = new Date(NOW);

  it('lists what expires within a time, the next one first, and what has expired before it', async () => {
    const store = new FakeStore({ late: 31, soon: 30, sooner: 1, dead: -5 });
    const found = await expiring(store, { within: '30d', at });
    assert.deepEqual(
      found.map(({ name }) => name),
      ['dead', 'sooner', 'soon'],
    );
    assert.equal(store.open, 3, 'only those that were given stay open');
  });

  it('looks into several stores, and leaves out what is not wanted', async () => {
    const stores = [new FakeStore({ a: 2, b: 3 }), new FakeStore({ c: 1 })];
    const found = await expiring(stores, { within: 2 * DAY, at, where: ({ name }) => name !== 'a' });
    assert.deepEqual(
      found.map(({ name }) => name),
      ['c'],
    );
  });

  it('counts from now', async () => {
    const found = await expiring(new FakeStore({ far: 100_000, past: -100_000 }), { within: '2w' });
    assert.deepEqual(
      found.map(({ name }) => name),
      ['past'],
    );
  });

  for (const within of ['', '30', '1y', '-1d', -1, Number.NaN, Infinity, '1.5d'] as (string | number)[]) {
    it(`refuses ${JSON.stringify(within)} as a time`, async () => {
      await assert.rejects(expiring(new FakeStore({}), { within }), { code: 'ERR_INVALID_ARG_VALUE' });
    });
  }
});

describe('windows/store/expiry-alarms', () => {
  let clock: ScriptedClock;
  const running: { readonly alarms: ExpiryAlarms<FakeCertificate>; readonly store: FakeStore }[] = [];

  const alarmsOf = (
    store: FakeStore,
    options: Partial<ExpiryAlarmOptions<FakeCertificate>> = {},
  ): ExpiryAlarms<FakeCertificate> => {
    const alarms = new ExpiryAlarms(store, { before: ['30d', '7d', '1d'], ...options }, clock);
    running.push({ alarms, store });
    return alarms;
  };

  /** Everything that is told until the moment. */
  function listen(alarms: ExpiryAlarms<FakeCertificate>): string[] {
    const heard: string[] = [];
    void (async () => {
      for await (const alarm of alarms) {
        heard.push(told(alarm));
        alarm.certificate.close();
      }
      heard.push('end');
    })();
    return heard;
  }

  beforeEach(() => {
    clock = new ScriptedClock(NOW);
  });
  afterEach(async () => {
    for (const { alarms, store } of running.splice(0)) {
      await alarms.return();
      await idle();
      assert.equal(store.open, 0, 'something is left open');
    }
    assert.equal(clock.timers, 0);
  });

  it('tells at each of the times, once', async () => {
    const heard = listen(alarmsOf(new FakeStore({ site: 40 })));
    await clock.advance(9.999 * DAY);
    assert.deepEqual(heard, []);
    await clock.advance(0.001 * DAY);
    assert.deepEqual(heard, ['site 30d 30']);
    await clock.advance(40 * DAY);
    assert.deepEqual(heard, ['site 30d 30', 'site 7d 7', 'site 1d 1']);
  });

  it('tells at once of what is near its end already, for the narrowest time', async () => {
    const heard = listen(alarmsOf(new FakeStore({ near: 20, nearer: 0.5, dead: -3, far: 400 })));
    await clock.advance(0);
    assert.deepEqual(heard, ['dead 1d -3', 'nearer 1d 0.5', 'near 30d 20']);
  });

  it('heeds what comes into the store, and forgets what leaves it', async () => {
    const store = new FakeStore({ old: 31 });
    const heard = listen(alarmsOf(store));
    await clock.advance(0.5 * DAY);
    await store.change({ fresh: 3 });
    assert.deepEqual(heard, ['fresh 7d 2.5']);
    await store.change({ old: undefined, fresh: undefined, successor: 400 });
    await clock.advance(60 * DAY);
    assert.deepEqual(heard, ['fresh 7d 2.5']);
  });

  it('tells again of a certificate that left and came back', async () => {
    const store = new FakeStore({ site: 5 });
    const heard = listen(alarmsOf(store));
    await clock.advance(0);
    await store.change({ site: undefined });
    await store.change({ site: 5 });
    assert.deepEqual(heard, ['site 7d 5', 'site 7d 5']);
  });

  it('waits for years by timers that hold', async () => {
    const heard = listen(alarmsOf(new FakeStore({ root: 4000 }), { before: ['0d'] }));
    await clock.advance(3999 * DAY);
    assert.deepEqual(heard, []);
    assert.ok(clock.waits.every((wait) => wait <= 2 ** 31 - 1));
    await clock.advance(DAY);
    assert.deepEqual(heard, ['root 0d 0']);
  });

  it('waits for nothing but changes when nothing can expire', async () => {
    const store = new FakeStore({});
    const heard = listen(alarmsOf(store));
    await clock.advance(10 * DAY);
    await store.change({ site: 1 });
    assert.deepEqual(heard, ['site 1d -9']);
  });

  it('leaves out what is not wanted', async () => {
    const heard = listen(alarmsOf(new FakeStore({ a: 1, b: 1 }), { where: ({ name }) => name === 'b' }));
    await clock.advance(0);
    assert.deepEqual(heard, ['b 1d 1']);
  });

  it('takes milliseconds, and says which time it was as it was given', async () => {
    const heard = listen(alarmsOf(new FakeStore({ a: 3 }), { before: [2 * DAY, '1d'] }));
    await clock.advance(DAY);
    assert.deepEqual(heard, [`a ${2 * DAY} 2`]);
  });

  it('ends with its store', async () => {
    const store = new FakeStore({ a: 100 });
    const heard = listen(alarmsOf(store));
    await idle();
    for (const changes of store.changes) changes.end();
    await idle();
    assert.deepEqual(heard, ['end']);
  });

  it('ends by a signal', async () => {
    const abort = new AbortController();
    const alarms = alarmsOf(new FakeStore({ a: 100 }), { signal: abort.signal });
    const next = alarms.next();
    await idle();
    abort.abort();
    await assert.rejects(next, { name: 'AbortError' });
    assert.deepEqual(await alarms.next(), { done: true, value: undefined });
  });

  it('ends by a failure of the store', async () => {
    const store = new FakeStore({ a: 100 });
    const alarms = alarmsOf(store);
    const next = alarms.next();
    await idle();
    store.failure = new Error('gone');
    await Promise.all([assert.rejects(next, { message: 'gone' }), clock.advance(DAY)]);
  });

  for (const before of [[], ['soon'], '30d', undefined, [-1]] as unknown[]) {
    it(`refuses ${JSON.stringify(before)} as times`, () => {
      const options = { before } as ExpiryAlarmOptions<FakeCertificate>;
      assert.throws(() => new ExpiryAlarms(new FakeStore({}), options), { code: 'ERR_INVALID_ARG_VALUE' });
    });
  }
});
