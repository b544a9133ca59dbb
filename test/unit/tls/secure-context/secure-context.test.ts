import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Authority } from '#lib/windows/trust/ca-list.js';
import { writePfx } from '#lib/formats/pfx/write.js';
import { extraAuthorities } from '#lib/tls/secure-context/default-authorities.js';
import { createSecureContext, SecureContext } from '#lib/tls/secure-context/secure-context.js';
import { sharedRoot, TestAuthority, type TestCertificate } from '../../../support/certificates.js';

describe('tls/secure-context/secure-context', () => {
  let root: TestAuthority;
  let client: TestCertificate;
  let pfx: Buffer;
  before(async () => {
    root = await TestAuthority.create('CN=root');
    client = await root.issue({ subject: 'CN=client' });
    pfx = writePfx({
      key: createPrivateKey(client.key),
      certificates: [client.der, root.certificate.der],
      password: 'secret',
      iterations: 1000,
    });
  });

  const subjects = (certificates: readonly Uint8Array[]): string[] =>
    certificates.map((der) => new X509Certificate(der).subject);
  const subjectsOf = (authorities: readonly Authority[] | null): string[] | null =>
    authorities && subjects(authorities.map(({ der }) => der));

  it('trusts what Windows trusts if ca is falsy, as in node:tls', () => {
    for (const ca of [null, undefined, false, '', 0])
      assert.equal(createSecureContext({ ca } as never).authorities, null);
    assert.deepEqual(createSecureContext({ ca: [] }).authorities, []);
  });

  it('refuses a file without a certificate or list', () => {
    const code = 'ERR_SCHANNEL_OPTION_CERTIFICATE';
    for (const file of [[''], 'nothing', Buffer.alloc(0)]) {
      assert.throws(() => createSecureContext({ ca: file }), { code });
      assert.throws(() => createSecureContext({ crl: file }), { code });
    }
  });

  it('shows nothing and trusts what Windows trusts without options', () => {
    const context = createSecureContext();
    assert.ok(context instanceof SecureContext);
    assert.deepEqual(context.identity, { kind: 'none', lacks: null });
    assert.equal(context.authorities, null);
    assert.deepEqual(context.additionalAuthorities, extraAuthorities());
    assert.ok(Object.isFrozen(context));
  });

  it('trusts the certificates of extraCa in addition', async () => {
    const { certificate } = await sharedRoot();
    const { certificate: other } = await TestAuthority.create('CN=other');
    // NODE_EXTRA_CA_CERTS may have more.
    const ofEnvironment = new Set<object>(extraAuthorities());
    const ders = (list: readonly Authority[] | null): string[] | undefined =>
      list?.filter((one) => !ofEnvironment.has(one)).map(({ der }) => Buffer.from(der).toString('hex'));
    const own = Buffer.from(certificate.der).toString('hex');
    const added = Buffer.from(other.der).toString('hex');
    const beside = createSecureContext({ extraCa: other.cert });
    assert.deepEqual([ders(beside.authorities), ders(beside.additionalAuthorities)], [undefined, [added]]);
    const only = createSecureContext({ ca: certificate.cert, extraCa: [other.cert] });
    assert.deepEqual([ders(only.authorities), ders(only.additionalAuthorities)], [[own, added], []]);
    const nobody = createSecureContext({ ca: [], extraCa: [] });
    assert.deepEqual([ders(nobody.authorities), ders(nobody.additionalAuthorities)], [[], []]);
    for (const none of [null, undefined, []])
      assert.deepEqual(ders(createSecureContext({ extraCa: none }).additionalAuthorities), []);
    for (const wrong of ['', 'text', certificate.key])
      assert.throws(() => createSecureContext({ extraCa: wrong }), {
        code: 'ERR_SCHANNEL_OPTION_CERTIFICATE',
        message: /The option extraCa/,
      });
  });

  it('takes the window of dialogs', () => {
    assert.equal(createSecureContext().window, 0);
    assert.equal(createSecureContext({ windowHandle: null }).window, 0);
    assert.equal(createSecureContext({ windowHandle: Buffer.from([5, 0, 0, 0, 0, 0, 0, 0]) }).window, 5);
    assert.throws(() => createSecureContext({ windowHandle: '5' as unknown as number }), {
      code: 'ERR_INVALID_ARG_TYPE',
      message: /options\.windowHandle/,
    });
  });

  it('has issuers fetched by default', () => {
    assert.equal(createSecureContext().fetchIssuers, true);
    assert.equal(createSecureContext({ fetchIssuers: null }).fetchIssuers, true);
    assert.equal(createSecureContext({ fetchIssuers: false }).fetchIssuers, false);
    assert.throws(() => createSecureContext({ fetchIssuers: 0 as unknown as boolean }), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
  });

  it('shows the given certificate with its key', () => {
    const { identity } = createSecureContext({ cert: client.cert, key: client.key });
    assert.ok(identity.kind === 'files');
    assert.deepEqual(subjects(identity.materials.map(({ certificate }) => certificate)), ['CN=client']);
    assert.equal(identity.keySet, 'user');
  });

  it('keeps its key where temporaryKeys says', () => {
    const files = { cert: client.cert, key: client.key };
    const { identity } = createSecureContext({ ...files, temporaryKeys: 'machine' });
    assert.ok(identity.kind === 'files' && identity.keySet === 'machine');
    assert.throws(() => createSecureContext({ ...files, temporaryKeys: 'mars' as 'machine' }), {
      code: 'ERR_INVALID_ARG_VALUE',
    });
  });

  it('trusts the authorities of a PFX in addition to what Windows trusts', () => {
    const context = createSecureContext({ pfx, passphrase: 'secret' });
    assert.equal(context.authorities, null);
    assert.deepEqual(subjectsOf(context.additionalAuthorities)?.[0], 'CN=root');
    assert.deepEqual(context.additionalAuthorities.slice(1), extraAuthorities());
  });

  it('trusts only the authorities of a PFX and those of ca', async () => {
    const other = await TestAuthority.create('CN=other');
    const context = createSecureContext({ pfx, passphrase: 'secret', ca: other.certificate.cert });
    assert.deepEqual(subjectsOf(context.authorities), ['CN=other', 'CN=root']);
    assert.deepEqual(context.additionalAuthorities, []);
  });

  it('is one, whichever way it is given', () => {
    for (const more of [
      { cert: client.cert, key: client.key },
      { cert: client.cert },
      { pfx, passphrase: 'secret' },
    ]) {
      assert.throws(() => createSecureContext({ certificate: () => null, ...more }), {
        code: 'ERR_INVALID_ARG_VALUE',
      });
    }
  });
});
