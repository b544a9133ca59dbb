import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { nothing, objectIdentifier, sequence } from '#lib/formats/asn1/der-writer.js';
import { endPointBinding } from '#lib/formats/x509/end-point-binding.js';
import { sharedRoot } from '../../../support/certificates.js';

/** What of a certificate counts here: some content, how it is signed, and a signature. */
const signedBy = (...algorithm: readonly Uint8Array[]): Uint8Array =>
  sequence(sequence(Buffer.from([2, 1, 1])), sequence(...algorithm), Buffer.from([3, 1, 0]));
const withOid = (oid: string, ...parameters: readonly Uint8Array[]): Uint8Array =>
  signedBy(objectIdentifier(oid), ...parameters);
/** [0], which holds the hash of RSASSA-PSS. */
const parameter = (content: Uint8Array): Buffer => Buffer.from([0xa0, content.length, ...content]);
const pssWith = (hash: string): Uint8Array =>
  withOid('1.2.840.113549.1.1.10', sequence(parameter(sequence(objectIdentifier(hash), nothing()))));

const assertHash = (der: Uint8Array, hash: string): void =>
  assert.deepEqual(endPointBinding(der), createHash(hash).update(der).digest());

describe('formats/x509/end-point-binding', () => {
  it('is the hash of the certificate', async () => {
    const { der } = await (await sharedRoot()).issue();
    assertHash(der, 'sha256');
  });

  for (const [what, oid, hash] of [
    ['MD5 with RSA', '1.2.840.113549.1.1.4', 'sha256'],
    ['SHA-1 with RSA', '1.2.840.113549.1.1.5', 'sha256'],
    ['SHA-224 with RSA', '1.2.840.113549.1.1.14', 'sha224'],
    ['SHA-256 with RSA', '1.2.840.113549.1.1.11', 'sha256'],
    ['SHA-384 with RSA', '1.2.840.113549.1.1.12', 'sha384'],
    ['SHA-512 with RSA', '1.2.840.113549.1.1.13', 'sha512'],
    ['ECDSA with SHA-1', '1.2.840.10045.4.1', 'sha256'],
    ['ECDSA with SHA-224', '1.2.840.10045.4.3.1', 'sha224'],
    ['ECDSA with SHA-256', '1.2.840.10045.4.3.2', 'sha256'],
    ['ECDSA with SHA-384', '1.2.840.10045.4.3.3', 'sha384'],
    ['ECDSA with SHA-512', '1.2.840.10045.4.3.4', 'sha512'],
  ] as const) {
    it(`of a signature by ${what} is ${hash}`, () => assertHash(withOid(oid), hash));
  }

  it('of RSASSA-PSS is the hash of its parameters', () => {
    assertHash(withOid('1.2.840.113549.1.1.10', sequence()), 'sha256');
    assertHash(pssWith('1.3.14.3.2.26'), 'sha256');
    assertHash(pssWith('2.16.840.1.101.3.4.2.2'), 'sha384');
    assertHash(pssWith('2.16.840.1.101.3.4.2.3'), 'sha512');
    assert.equal(endPointBinding(pssWith('1.2.3')), null);
  });

  it('does not exist for a signature without a hash, nor for what is no certificate', () => {
    assert.equal(endPointBinding(withOid('1.3.101.112')), null, 'Ed25519');
    for (const bytes of ['', '30', '3000', '300230', '3003020101', 'ffff'])
      assert.equal(endPointBinding(Buffer.from(bytes, 'hex')), null, bytes);
  });
});
