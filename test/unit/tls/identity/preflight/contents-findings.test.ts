// @peculiar/x509 needs it first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { contentsFindings, signatureFindings } from '#lib/tls/identity/preflight/contents-findings.js';
import type { IdentityRole } from '#lib/tls/identity/preflight/finding.js';
import { CertificateContents } from '#lib/formats/x509/certificate-contents.js';
import { EXTENDED_KEY_USAGES } from '#lib/formats/x509/usages.js';
import { daysFromNow, selfSigned, type CertificateOptions } from '../../../../support/certificates.js';

const { clientAuth, serverAuth, emailProtection } = EXTENDED_KEY_USAGES;

/** What is looked at, with what the certificate says changed. */
async function examined(
  options: CertificateOptions = {},
  changes: object = {},
): Promise<Parameters<typeof contentsFindings>[0]> {
  const contents = new CertificateContents((await selfSigned({ usages: [], ...options })).der);
  const { raw, validFrom, validTo, keyUsage, publicKey, encodedKeyUsage: extendedKeyUsage } = contents;
  return { raw, validFrom, validTo, keyUsage, publicKey, extendedKeyUsage, ...changes };
}

async function codes(
  role: IdentityRole,
  options: CertificateOptions = {},
  changes: object = {},
): Promise<string[]> {
  const findings = contentsFindings(await examined(options, changes), role);
  for (const { meaning, remedy } of findings) assert.match(`${meaning} ${remedy}`, /^\S.*\. \S.*\.$/);
  return findings.map(({ severity, code }) => `${severity} ${code}`);
}

describe('tls/identity/preflight/contents-findings', () => {
  it('is nothing to complain of', async () => {
    for (const role of ['client', 'server'] as const) {
      assert.deepEqual(await codes(role, { usages: ['clientAuth', 'serverAuth'] }), []);
      assert.deepEqual(await codes(role), [], 'no extended key usage means any');
      assert.deepEqual(await codes(role, { key: 'rsa' }), []);
    }
  });

  it('may be for another purpose', async () => {
    assert.deepEqual(await codes('client', { usages: ['serverAuth'] }), ['error EKU_MISSING']);
    assert.deepEqual(await codes('server', { usages: ['clientAuth'] }), ['error EKU_MISSING']);
    assert.deepEqual(await codes('client', {}, { extendedKeyUsage: [] }), ['error EKU_MISSING']);
    const [finding] = contentsFindings(
      await examined({}, { extendedKeyUsage: [serverAuth, emailProtection, '1.2.3'] }),
      'client',
    );
    assert.equal(
      finding?.meaning,
      'The certificate is not for a TLS client, only for serverAuth, emailProtection, 1.2.3.',
    );
    assert.match(finding.remedy, new RegExp(clientAuth));
  });

  it('may not let its key sign', async () => {
    const found = ['error KEY_USAGE_MISSING'];
    assert.deepEqual(await codes('client', {}, { keyUsage: ['keyEncipherment'] }), found);
    assert.deepEqual(await codes('client', {}, { keyUsage: [] }), found);
    assert.deepEqual(await codes('client', {}, { keyUsage: ['digitalSignature'] }), []);
  });

  it('may be out of its time', async () => {
    assert.deepEqual(await codes('client', { notBefore: daysFromNow(-9), notAfter: daysFromNow(-1) }), [
      'error EXPIRED',
    ]);
    assert.deepEqual(await codes('client', { notBefore: daysFromNow(1) }), ['error NOT_YET_VALID']);
  });

  it('may have a key that is too short, on a curve that Schannel avoids, or of another kind', async () => {
    const rsa = (modulusLength: number): object => ({
      publicKey: { asymmetricKeyType: 'rsa', asymmetricKeyDetails: { modulusLength } },
    });
    const ec = (namedCurve: string): object => ({
      publicKey: { asymmetricKeyType: 'ec', asymmetricKeyDetails: { namedCurve } },
    });
    assert.deepEqual(await codes('client', {}, rsa(1023)), ['error RSA_TOO_SHORT']);
    assert.deepEqual(await codes('client', {}, rsa(1024)), ['warning RSA_SHORT']);
    assert.deepEqual(await codes('client', {}, rsa(2048)), []);
    assert.deepEqual(await codes('client', {}, ec('secp384r1')), []);
    assert.deepEqual(await codes('client', {}, ec('secp521r1')), ['error CURVE_P521']);
    assert.deepEqual(await codes('server', {}, ec('secp521r1')), ['warning CURVE_P521']);
    const ed25519 = { publicKey: { asymmetricKeyType: 'ed25519' } };
    assert.deepEqual(await codes('client', {}, ed25519), ['error KEY_TYPE']);
  });

  it('may have a weak signature', async () => {
    const algorithm = {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-1',
      publicExponent: Buffer.of(1, 0, 1),
      modulusLength: 2048,
    };
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      keys,
      signingAlgorithm: algorithm,
    });
    const sha1 = Buffer.from(certificate.rawData);
    assert.deepEqual(
      signatureFindings(sha1).map(({ code }) => code),
      ['SIGNATURE_SHA1'],
    );
    // The last byte tells sha1WithRSAEncryption (5) from md5WithRSAEncryption (4); it stands twice.
    const oid = Buffer.from('2a864886f70d010105', 'hex');
    const md5 = Buffer.from(sha1);
    md5[md5.lastIndexOf(oid) + oid.length - 1] = 4;
    assert.deepEqual(
      signatureFindings(md5).map(({ severity, code }) => `${severity} ${code}`),
      ['error SIGNATURE_MD5'],
    );
  });
});
