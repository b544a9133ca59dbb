import assert from 'node:assert/strict';
import {
  FALLBACK_NAME,
  FallbackCertificate,
  type FallbackEntry,
  type FallbackStore,
  isFallbackFor,
} from '#lib/web/fallback/fallback-certificate.js';
import { siteNames } from '#lib/web/names/site-names.js';

const NOW = new Date('2026-11-30T12:00:00Z');
const DAY = 86_400_000;

interface Plan {
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly days?: number;
  readonly usable?: boolean;
  readonly name?: string | null;
}

describe('web/fallback/fallback-certificate', () => {
  const names = siteNames(['a.example', 'b.example', '192.0.2.7']);
  let entries: FallbackEntry[];
  let shown: Set<string>;
  let log: string[];
  let made: number;

  beforeEach(() => {
    entries = [];
    shown = new Set();
    log = [];
    made = 0;
  });

  function put(thumbprint: string, { dns = [], ip = [], days = 60, usable = true, name = null }: Plan): void {
    const validTo = new Date(NOW.getTime() + days * DAY);
    entries.push({
      thumbprint,
      dnsNames: dns,
      ipAddresses: ip,
      validTo,
      friendlyName: name,
      isValid: (at) => at <= validTo,
      isUsable: () => Promise.resolve(usable),
    });
  }

  const ALL = { dns: ['a.example', 'b.example'], ip: ['192.0.2.7'] };

  const store: FallbackStore = {
    visit: (work) =>
      work({
        entries: [...entries],
        searches: [...names.dns, ...names.ip].map(
          (name) => (entry) => Promise.resolve([...entry.dnsNames, ...entry.ipAddresses].includes(name)),
        ),
        make: ({ dns, ip }) => {
          put(`made ${++made}`, { dns, ip, days: 800, name: FALLBACK_NAME });
          return Promise.resolve();
        },
        remove: ({ thumbprint }) => {
          log.push(`removed ${thumbprint}`);
          entries = entries.filter((entry) => entry.thumbprint !== thumbprint);
          return Promise.resolve();
        },
      }),
  };

  const create = (): FallbackCertificate =>
    new FallbackCertificate({
      names,
      store,
      isShown: (thumbprint) => shown.has(thumbprint),
      quiet: () => Promise.resolve(void log.push('quiet')),
      now: () => NOW,
    });

  it('is made once while there is nothing', async () => {
    const fallback = create();
    await Promise.all([fallback.check(), fallback.check()]);
    assert.deepEqual(
      entries.map(({ thumbprint, dnsNames, ipAddresses }) => [thumbprint, dnsNames, ipAddresses]),
      [['made 1', ALL.dns, ALL.ip]],
    );
  });

  it('is made while one of the names has no certificate', async () => {
    put('real', { dns: ['a.example', 'b.example'] });
    await create().check();
    assert.equal(made, 1);
  });

  it('is not made if every name has one, of whatever certificate', async () => {
    put('one', { dns: ['a.example'] });
    put('other', { dns: ['b.example'], ip: ['192.0.2.7'] });
    await create().check();
    assert.deepEqual([made, log], [0, []]);
  });

  for (const [title, plan] of Object.entries({
    'has expired': { ...ALL, days: -1 },
    'has a key that this account cannot use': { ...ALL, usable: false },
  })) {
    it(`is made if the certificate ${title}`, async () => {
      put('real', plan);
      await create().check();
      assert.equal(made, 1);
    });
  }

  for (const [title, plan] of Object.entries({
    'expires soon': { ...ALL, days: 29, name: FALLBACK_NAME },
    'lacks a name': { dns: ['a.example'], name: FALLBACK_NAME },
    'cannot be used': { ...ALL, usable: false, name: FALLBACK_NAME },
  })) {
    it(`is made again if the former one ${title}`, async () => {
      put('former', plan);
      await create().check();
      assert.equal(made, 1);
    });
  }

  it('stays while clients get it, and is removed when they no longer do and no handshake needs it', async () => {
    const fallback = create();
    await fallback.check();
    shown.add('made 1');
    put('real', ALL);
    await fallback.check();
    assert.deepEqual(log, []);
    shown.delete('made 1');
    await fallback.check();
    assert.deepEqual(log, ['quiet', 'removed made 1']);
    assert.deepEqual(
      entries.map(({ thumbprint }) => thumbprint),
      ['real'],
    );
  });

  it('leaves the certificates of others alone', async () => {
    put('real', ALL);
    put('self-made', { ...ALL, name: 'mine' });
    put('of another site', { dns: ['c.example'], name: FALLBACK_NAME });
    await create().check();
    assert.deepEqual(log, []);
  });

  it('goes on after a failure of the store', async () => {
    let fails = true;
    const fallback = new FallbackCertificate({
      names,
      store: { visit: (work) => (fails ? Promise.reject(new Error('locked')) : store.visit(work)) },
      isShown: () => false,
      quiet: () => Promise.resolve(),
      now: () => NOW,
    });
    await assert.rejects(fallback.check(), /locked/);
    fails = false;
    await fallback.check();
    assert.equal(made, 1);
  });

  it('is known by its name and the names in it', () => {
    const of = (dnsNames: readonly string[], friendlyName: string | null): boolean =>
      isFallbackFor({ dnsNames, ipAddresses: [], friendlyName }, names);
    assert.deepEqual(
      [of(['b.example'], FALLBACK_NAME), of(['c.example'], FALLBACK_NAME), of(['a.example'], null)],
      [true, false, false],
    );
  });
});
