import { type KeyObject } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { type EcParts, withEcParts, withRsaParts } from './key-parts.js';

/**
 * Private keys in the formats that Windows imports. Each is separate memory, which the caller zeroes after the import.
 * The numbers come from bcrypt.h and wincrypt.h.
 */

/** PKCS #8, for NCryptImportKey with NCRYPT_PKCS8_PRIVATE_KEY_BLOB. The curve stands outside, as Windows expects it. */
export const toPkcs8 = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'pkcs8' });

const BCRYPT_RSAFULLPRIVATE_MAGIC = 0x33415352; // 'RSA3'

/** BCRYPT_RSAFULLPRIVATE_BLOB: a header of 32-bit lengths, then numbers, most significant byte first. */
export const toBcryptRsaBlob = (key: KeyObject): Buffer =>
  withRsaParts(key, (parts) => {
    const { modulus, publicExponent, prime1, prime2 } = parts;
    const header = words(
      BCRYPT_RSAFULLPRIVATE_MAGIC,
      bitLength(modulus),
      publicExponent.length,
      modulus.length,
      prime1.length,
      prime2.length,
    );
    return join(
      [header, header.length],
      [publicExponent, publicExponent.length],
      [modulus, modulus.length],
      [prime1, prime1.length],
      [prime2, prime2.length],
      [parts.exponent1, prime1.length],
      [parts.exponent2, prime2.length],
      [parts.coefficient, prime1.length],
      [parts.privateExponent, modulus.length],
    );
  });

const ECDSA_PRIVATE_MAGIC: Readonly<Record<EcParts['curve'], number>> = {
  prime256v1: 0x32534345, // 'ECS2'
  secp384r1: 0x34534345, // 'ECS4'
  secp521r1: 0x36534345, // 'ECS6'
};

/** BCRYPT_ECCPRIVATE_BLOB of an ECDSA key: a header, then x, y and d, most significant byte first. */
export const toBcryptEcBlob = (key: KeyObject): Buffer =>
  withEcParts(key, ({ curve, x, y, d }) => {
    const header = words(ECDSA_PRIVATE_MAGIC[curve], d.length);
    return join([header, header.length], [x, x.length], [y, y.length], [d, d.length]);
  });

const PRIVATEKEYBLOB = 0x7;
const CUR_BLOB_VERSION = 0x2;
const CALG_RSA_KEYX = 0xa400;
const RSA2_MAGIC = 0x32415352;

/**
 * PRIVATEKEYBLOB, for CryptImportKey as AT_KEYEXCHANGE: BLOBHEADER, RSAPUBKEY, then numbers, least significant byte
 * first, of fixed lengths.
 *
 * @throws SchannelError ERR_SCHANNEL_IMPORT_UNSUPPORTED for what is not RSA, or has numbers without room in it
 */
export const toCapiBlob = (key: KeyObject): Buffer =>
  withRsaParts(key, (parts) => {
    const bits = bitLength(parts.modulus);
    const whole = Math.ceil(bits / 8);
    const half = Math.ceil(bits / 16);
    if (parts.publicExponent.length > 4 || parts.prime1.length > half || parts.prime2.length > half) {
      throw noRoom();
    }
    const exponent = Buffer.from(parts.publicExponent).reduce((sum, byte) => sum * 256 + byte, 0);
    const header = words((CUR_BLOB_VERSION << 8) | PRIVATEKEYBLOB, CALG_RSA_KEYX, RSA2_MAGIC, bits, exponent);
    const numbers = [
      [parts.modulus, whole],
      [parts.prime1, half],
      [parts.prime2, half],
      [parts.exponent1, half],
      [parts.exponent2, half],
      [parts.coefficient, half],
      [parts.privateExponent, whole],
    ] as const;
    // Reversed as a whole, the last number comes first and each has its least significant byte first.
    const blob = join(...[...numbers].reverse(), [header.reverse(), header.length]);
    return blob.reverse();
  });

const noRoom = (): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_IMPORT_UNSUPPORTED',
    'The format of CryptoAPI has no room for this RSA key: its primes differ in length, or its public exponent is long',
    { advice: 'Use a key of the usual kind.' },
  );

/** Bits of a number without leading zeros. */
const bitLength = (number: Uint8Array): number =>
  number.length === 0 ? 0 : number.length * 8 - (Math.clz32(number[0] ?? 0) - 24);

/** 32-bit numbers, least significant byte first. */
function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32LE(value, index * 4));
  return bytes;
}

/** Numbers one after the other, each filled up with leading zeros to its length; nothing secret is left elsewhere. */
function join(...fields: readonly (readonly [Uint8Array, number])[]): Buffer {
  const joined = Buffer.alloc(fields.reduce((sum, [, length]) => sum + length, 0));
  let at = 0;
  for (const [bytes, length] of fields) {
    joined.set(bytes, at + length - bytes.length);
    at += length;
  }
  return joined;
}
