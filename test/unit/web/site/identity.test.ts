import assert from 'node:assert/strict';
import { FALLBACK_NAME } from '#lib/web/fallback/fallback-certificate.js';
import { siteNames } from '#lib/web/names/site-names.js';
import { type IdentityOptions, managedIdentity, siteIdentity } from '#lib/web/site/identity.js';
import type { Certificate } from '#lib/windows/store/certificate.js';
import type { CertificateSearch } from '#lib/tls/identity/search.js';

const STORE = 'LocalMachine\\MY';

describe('web/site/identity', () => {
  const names = siteNames(['www.bar.example', '*.bar.example', 'bar.example', '192.0.2.7']);

  it('searches the store for each name, the plain names last, since the last match counts', () => {
    const { first, byName, fallback } = siteIdentity({ store: STORE }, names);
    assert.deepEqual(first, { certificate: { dns: 'www.bar.example', store: STORE } });
    assert.deepEqual(byName, [
      ['*.bar.example', { dns: '*.bar.example', store: STORE }],
      ['www.bar.example', { dns: 'www.bar.example', store: STORE }],
      ['bar.example', { dns: 'bar.example', store: STORE }],
    ]);
    assert.equal(fallback?.store, STORE);
    assert.deepEqual(fallback.searches, [
      { dns: 'www.bar.example' },
      { dns: '*.bar.example' },
      { dns: 'bar.example' },
      { ip: '192.0.2.7' },
    ]);
  });

  it('searches once for the first name, if no wildcard has it, and by default in the store of the user', () => {
    const { first, byName } = siteIdentity({}, siteNames(['a.example', 'b.example']));
    assert.deepEqual(first, { certificate: { dns: 'a.example', store: 'CurrentUser\\MY' } });
    assert.deepEqual(
      byName.map(([name]) => name),
      ['b.example'],
    );
    assert.deepEqual(siteIdentity({}, siteNames(['::1', 'b.example'])).first, {
      certificate: { ip: '::1', store: 'CurrentUser\\MY' },
    });
  });

  it('finds by a search of the program, or the fall-back', async () => {
    const { first, byName, fallback } = siteIdentity(
      { certificate: { issuer: 'CN=Corp', store: STORE } },
      names,
    );
    const search = first.certificate as CertificateSearch;
    assert.deepEqual([search.store, byName, fallback?.store], [STORE, [], STORE]);
    const of = (issuer: string, friendlyName: string | null): Certificate =>
      ({
        issuer,
        issuerName: [[{ type: 'CN', value: issuer.slice(3) }]],
        friendlyName,
        dnsNames: ['bar.example'],
        ipAddresses: [],
      }) as unknown as Certificate;
    const matches = async (certificate: Certificate): Promise<boolean | undefined> =>
      search.where?.(certificate);
    assert.equal(await matches(of('CN=Corp', null)), true);
    assert.equal(await matches(of('CN=bar.example', FALLBACK_NAME)), true);
    assert.equal(await matches(of('CN=bar.example', null)), false);
    const [wanted] = fallback?.searches ?? [];
    assert.equal(await wanted?.where?.(of('CN=bar.example', FALLBACK_NAME)), false);
  });

  it('finds what a manager has placed, whatever its names, or the fall-back', async () => {
    const managed = {
      dns: 'bar.example',
      store: STORE,
      where: ({ issuer }: Certificate) => issuer === 'CN=ACME',
    };
    const { first, byName, fallback } = managedIdentity(managed, names, true);
    const search = first.certificate as CertificateSearch;
    assert.deepEqual([search.store, search.dns, byName, fallback?.store], [STORE, undefined, [], STORE]);
    const of = (issuer: string, isSelfIssued: boolean, friendlyName: string | null = null): Certificate =>
      ({
        issuer,
        isSelfIssued,
        friendlyName,
        dnsNames: ['bar.example'],
        ipAddresses: [],
      }) as unknown as Certificate;
    const [placed, other] = [of('CN=ACME', false), of('CN=Corp', false)];
    const [own, standIn] = [of('CN=ACME', true), of('CN=bar.example', true, FALLBACK_NAME)];
    const found = (where: CertificateSearch['where']) =>
      Promise.all([placed, other, own, standIn].map(async (certificate) => where?.(certificate)));
    assert.deepEqual(await found(search.where), [true, false, false, true]);
    assert.deepEqual(await found(fallback?.searches[0]?.where), [true, false, false, false]);
    const without = managedIdentity(managed, names, false);
    assert.equal(without.fallback, null);
    assert.deepEqual(await found((without.first.certificate as CertificateSearch).where), [
      true,
      false,
      false,
      false,
    ]);
  });

  it('takes files as they are, and a search without a fall-back', () => {
    const pfx = Buffer.from('pfx');
    assert.deepEqual(siteIdentity({ pfx, passphrase: 'x' }, names), {
      first: { pfx, passphrase: 'x' },
      byName: [],
      fallback: null,
    });
    const certificate = { subject: 'bar' };
    assert.deepEqual(siteIdentity({ certificate, fallback: false }, names).first, { certificate });
    assert.equal(siteIdentity({ fallback: false }, names).fallback, null);
  });

  for (const [title, options, code] of [
    ['a store with a file', { pfx: Buffer.alloc(1), store: 'MY' }, 'ERR_INVALID_ARG_VALUE'],
    ['a fall-back with a file', { cert: 'PEM', key: 'PEM', fallback: true }, 'ERR_INVALID_ARG_VALUE'],
    ['a store that is none', { store: 7 }, 'ERR_INVALID_ARG_TYPE'],
    ['a store without a name', { store: '' }, 'ERR_SCHANNEL_STORE_NAME'],
    ['a fall-back that is none', { fallback: 'yes' }, 'ERR_INVALID_ARG_TYPE'],
    ['a criterion that is none', { certificate: { host: 'x' } }, 'ERR_INVALID_ARG_VALUE'],
  ] as const) {
    it(`refuses ${title}`, () => {
      assert.throws(() => siteIdentity(options as unknown as IdentityOptions, names), { code });
    });
  }
});
