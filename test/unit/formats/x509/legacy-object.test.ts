import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { certificateOf } from '#lib/formats/x509/certificate-of.js';
import { legacyObjectOf } from '#lib/formats/x509/legacy-object.js';
import { sharedRoot, type TestCertificate } from '../../../support/certificates.js';

/** The object identifier of elliptic-curve keys, and one that nobody has. */
const EC = Buffer.from('06072a8648ce3d0201', 'hex');
const NOBODYS = Buffer.from('06072a8648ce3d027f', 'hex');
/** What begins an uncompressed point, behind the curve P-256. */
const POINT = Buffer.from('06082a8648ce3d03010703420004', 'hex');

/** The same certificate with other bytes in the place of these. */
function withBytes(der: Buffer, from: Buffer, to: Buffer): Buffer {
  const at = der.indexOf(from);
  assert.notEqual(at, -1);
  return Buffer.concat([der.subarray(0, at), to, der.subarray(at + from.length)]);
}

describe('formats/x509/legacy-object', () => {
  let leaf: TestCertificate;
  before(async () => {
    const authority = await sharedRoot();
    leaf = await authority.issue({
      subject: 'CN=mail.example, O="Bar, Inc."',
      caIssuers: 'http://127.0.0.1/ca',
    });
  });

  it('is that of Node where the key can be read', () => {
    const certificate = certificateOf(leaf.der);
    assert.deepEqual(legacyObjectOf(certificate), certificate.toLegacyObject());
  });

  const unreadable: Readonly<Record<string, (der: Buffer) => Buffer>> = {
    'a key of an unknown kind': (der) => withBytes(der, EC, NOBODYS),
    'a point that is none': (der) =>
      withBytes(der, POINT, Buffer.concat([POINT.subarray(0, -1), Buffer.of(9)])),
  };
  for (const [what, damage] of Object.entries(unreadable)) {
    it(`has everything but the key, and does not end the process: ${what}`, () => {
      const der = damage(Buffer.from(leaf.der));
      const damaged = new X509Certificate(der);
      assert.throws(() => damaged.publicKey);
      // Node 24 has the fields of RSA too, with nothing in them.
      const { pubkey, bits, asn1Curve, nistCurve, modulus, exponent, raw, ...others } = legacyObjectOf(
        certificateOf(leaf.der),
      );
      assert.deepEqual([bits, asn1Curve, nistCurve], [256, 'prime256v1', 'P-256']);
      assert.ok(pubkey !== undefined && modulus === undefined && exponent === undefined);
      assert.deepEqual(raw, Buffer.from(leaf.der));
      const { fingerprint, fingerprint256, fingerprint512 } = damaged;
      assert.deepEqual(legacyObjectOf(damaged), {
        ...others,
        ...{ fingerprint, fingerprint256, fingerprint512 },
        raw: der,
      });
    });
  }
});
