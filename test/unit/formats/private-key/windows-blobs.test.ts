import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  toBcryptEcBlob,
  toBcryptRsaBlob,
  toCapiBlob,
  toPkcs8,
} from '#lib/formats/private-key/windows-blobs.js';
import { assertSameKey, codeOf } from '../../../support/key-material.js';
import { needsOpenssl, Openssl } from '../../../support/openssl.js';

const rsa = (modulusLength = 2048): KeyObject => generateKeyPairSync('rsa', { modulusLength }).privateKey;
const ec = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey;

/** Cuts a blob into fields of these lengths, and sees that nothing is left over. */
function fields(blob: Buffer, ...lengths: readonly number[]): Buffer[] {
  let at = 0;
  const cut = lengths.map((length) => blob.subarray(at, (at += length)));
  assert.equal(at, blob.length);
  return cut;
}

/** The key of the numbers. */
const fromNumbers = (names: readonly string[], numbers: readonly Buffer[], other: object): KeyObject =>
  createPrivateKey({
    format: 'jwk',
    key: {
      ...other,
      ...Object.fromEntries(names.map((name, at) => [name, numbers[at]?.toString('base64url')])),
    },
  });

describe('formats/private-key/windows-blobs', () => {
  it('writes BCRYPT_RSAFULLPRIVATE_BLOB', () => {
    for (const bits of [1024, 2048]) {
      const key = rsa(bits);
      const blob = toBcryptRsaBlob(key);
      const whole = bits / 8;
      const half = bits / 16;
      const header = Array.from({ length: 6 }, (_, at) => blob.readUInt32LE(at * 4));
      assert.deepEqual(header, [0x33415352, bits, 3, whole, half, half]);
      const [, ...numbers] = fields(blob, 24, 3, whole, half, half, half, half, half, whole);
      const again = fromNumbers(['e', 'n', 'p', 'q', 'dp', 'dq', 'qi', 'd'], numbers, { kty: 'RSA' });
      assertSameKey(again, key);
    }
  });

  it('writes PRIVATEKEYBLOB, least significant byte first', () => {
    const key = rsa();
    const blob = toCapiBlob(key);
    assert.equal(blob.subarray(0, 12).toString('hex'), '0702000000a4000052534132');
    assert.deepEqual([blob.readUInt32LE(12), blob.readUInt32LE(16)], [2048, 65_537]);
    const [, ...numbers] = fields(blob, 20, 256, 128, 128, 128, 128, 128, 256);
    const bigEndian = numbers.map((number) => Buffer.from(number).reverse());
    const again = fromNumbers(['n', 'p', 'q', 'dp', 'dq', 'qi', 'd'], bigEndian, { kty: 'RSA', e: 'AQAB' });
    assertSameKey(again, key);
  });

  it('writes a PRIVATEKEYBLOB that OpenSSL reads', function () {
    needsOpenssl(this);
    const openssl = new Openssl();
    const key = rsa(1024);
    openssl.write('key.blob', toCapiBlob(key));
    const pem = openssl.run('rsa', '-inform', 'MSBLOB', '-in', 'key.blob');
    openssl.remove();
    assertSameKey(createPrivateKey(pem), key);
  });

  it('writes BCRYPT_ECCPRIVATE_BLOB for the curves of Windows', () => {
    for (const [curve, magic, size] of [
      ['P-256', 0x32534345, 32],
      ['P-384', 0x34534345, 48],
      ['P-521', 0x36534345, 66],
    ] as const) {
      const key = ec(curve);
      const blob = toBcryptEcBlob(key);
      assert.deepEqual([blob.readUInt32LE(0), blob.readUInt32LE(4)], [magic, size]);
      const [, ...numbers] = fields(blob, 8, size, size, size);
      assertSameKey(fromNumbers(['x', 'y', 'd'], numbers, { kty: 'EC', crv: curve }), key);
    }
  });

  it('keeps the length of numbers that begin with zeros', () => {
    // One key in 256 has such a number; a d of 5 has 31 of them.
    const point = {
      x: Buffer.from('51590b7a515140d2d784c85608668fdfef8c82fd1f5be52421554a0dc3d033ed', 'hex').toString(
        'base64url',
      ),
      y: Buffer.from('e0c17da8904a727d8ae1bf36bf8a79260d012f00d4d80888d1d0bb44fda16da4', 'hex').toString(
        'base64url',
      ),
    };
    const d = Buffer.alloc(32);
    d[31] = 5;
    const key = createPrivateKey({
      format: 'jwk',
      key: { kty: 'EC', crv: 'P-256', ...point, d: d.toString('base64url') },
    });
    assert.deepEqual(toBcryptEcBlob(key).subarray(-32), d);
  });

  it('writes PKCS #8 with the curve outside', () => {
    const key = ec('P-256');
    const blob = toPkcs8(key);
    assertSameKey(createPrivateKey({ key: blob, format: 'der', type: 'pkcs8' }), key);
    const curve = Buffer.from('06082a8648ce3d030107', 'hex');
    assert.ok(blob.subarray(0, 40).includes(curve));
  });

  it('names the keys that Windows has no format for', () => {
    const refused = (call: () => unknown): void =>
      assert.equal(codeOf(call), 'ERR_SCHANNEL_IMPORT_UNSUPPORTED');
    refused(() => toBcryptEcBlob(ec('secp256k1')));
    refused(() => toBcryptEcBlob(rsa(1024)));
    refused(() => toBcryptRsaBlob(ec('P-256')));
    refused(() => toCapiBlob(generateKeyPairSync('ed25519').privateKey));
    const long = generateKeyPairSync('rsa', {
      modulusLength: 1024,
      publicExponent: 0x1_0000_0001 - 2,
    }).privateKey;
    assert.equal(toCapiBlob(long).readUInt32LE(16), 0xffffffff);
  });
});
