import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { writePfx } from '#lib/pfx/write.js';
import { extraAuthorities } from '#lib/secure-context/default-authorities.js';
import { createSecureContext, SecureContext } from '#lib/secure-context/secure-context.js';
import { TestAuthority, type TestCertificate } from '../../support/certificates.js';

describe('SecureContext', () => {
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

  const subjects = (certificates: readonly Uint8Array[] | null): string[] | null =>
    certificates?.map((der) => new X509Certificate(der).subject) ?? null;

  it('trusts what Windows trusts where ca is false, as node:tls', () => {
    for (const ca of [null, undefined, false, '', 0])
      assert.equal(createSecureContext({ ca } as never).authorities, null);
    assert.deepEqual(createSecureContext({ ca: 'no certificate' }).authorities, []);
  });

  it('is nobody, and trusts what Windows trusts, without options', () => {
    const context = createSecureContext();
    assert.ok(context instanceof SecureContext);
    assert.deepEqual(context.identity, { kind: 'none', lacks: null });
    assert.equal(context.authorities, null);
    assert.deepEqual(context.additionalAuthorities, extraAuthorities());
    assert.ok(Object.isFrozen(context));
  });

  it('asks servers for a stapled response when it looks for revoked certificates, or is told to', () => {
    const REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT = 0x400;
    const asks = (context: SecureContext, requestOCSP?: boolean): boolean =>
      context
        .credentialRequests({ build: 22_631, wine: null }, requestOCSP)
        .every(({ flags }) => (flags & REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT) !== 0);
    assert.equal(asks(createSecureContext()), false);
    assert.equal(asks(createSecureContext(), true), true);
    assert.equal(asks(createSecureContext({ revocation: 'soft' })), true);
  });

  it('is who certificate and key say', () => {
    const { identity } = createSecureContext({ cert: client.cert, key: client.key });
    assert.ok(identity.kind === 'files');
    assert.deepEqual(subjects(identity.materials.map(({ certificate }) => certificate)), ['CN=client']);
  });

  it('trusts the authorities of a PFX beside what Windows trusts', () => {
    const context = createSecureContext({ pfx, passphrase: 'secret' });
    assert.equal(context.authorities, null);
    assert.deepEqual(subjects(context.additionalAuthorities)?.[0], 'CN=root');
    assert.deepEqual(context.additionalAuthorities.slice(1), extraAuthorities());
  });

  it('trusts the authorities of a PFX beside those of ca, and no others', async () => {
    const other = await TestAuthority.create('CN=other');
    const context = createSecureContext({ pfx, passphrase: 'secret', ca: other.certificate.cert });
    assert.deepEqual(subjects(context.authorities), ['CN=other', 'CN=root']);
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
