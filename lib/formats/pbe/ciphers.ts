import { createDecipheriv } from 'node:crypto';
import { wipe } from '../asn1/wipe.js';
import { type Work } from './limits.js';
import { decryptRc2 } from './rc2.js';

/** A block cipher in CBC mode. */
export interface Cipher {
  /** For messages: 'AES-256-CBC'. */
  readonly name: string;
  /** Its name in node:crypto; null for RC2, which node:crypto does not have. */
  readonly algorithm: string | null;
  readonly keyBytes: number;
  /** Also the length of the initialization vector. */
  readonly blockBytes: number;
}

/**
 * What decrypting costs: a block of RC2 takes a microsecond in JavaScript, 3DES a quarter of that, and AES almost
 * nothing.
 */
export function decryptWork({ algorithm, blockBytes }: Cipher, ciphertext: Uint8Array): Work {
  const blocks = ciphertext.length / blockBytes;
  if (algorithm === null) return { units: blocks, rc2Blocks: blocks };
  return { units: blockBytes === 8 ? blocks / 4 : 0 };
}

const cipher = (name: string, algorithm: string | null, keyBytes: number, blockBytes: number): Cipher =>
  Object.freeze({ name, algorithm, keyBytes, blockBytes });

const TRIPLE_DES = cipher('3DES', 'des-ede3-cbc', 24, 8);
const AES_256 = cipher('AES-256-CBC', 'aes-256-cbc', 32, 16);

/** The encryptions of RFC 7292 appendix C, which derive key and vector by PKCS #12 with SHA-1. */
export const PKCS12_CIPHERS: ReadonlyMap<string, Cipher> = new Map([
  ['1.2.840.113549.1.12.1.3', TRIPLE_DES],
  ['1.2.840.113549.1.12.1.4', cipher('2-key 3DES', 'des-ede-cbc', 16, 8)],
  ['1.2.840.113549.1.12.1.5', cipher('RC2-128', null, 16, 8)],
  ['1.2.840.113549.1.12.1.6', cipher('RC2-40', null, 5, 8)],
]);

/** Ciphers of PBES2 (RFC 8018 §B.2). */
export const PBES2_CIPHERS: ReadonlyMap<string, Cipher> = new Map([
  ['1.2.840.113549.3.7', TRIPLE_DES],
  ['2.16.840.1.101.3.4.1.2', cipher('AES-128-CBC', 'aes-128-cbc', 16, 16)],
  ['2.16.840.1.101.3.4.1.22', cipher('AES-192-CBC', 'aes-192-cbc', 24, 16)],
  ['2.16.840.1.101.3.4.1.42', AES_256],
]);

/**
 * The plaintext; null if its padding is wrong, which means a wrong key.
 *
 * @param ciphertext whole blocks, at least one
 */
export function decrypt(
  { algorithm }: Cipher,
  key: Uint8Array,
  iv: Uint8Array,
  ciphertext: Uint8Array,
): Buffer | null {
  if (algorithm === null) return decryptRc2(key, iv, ciphertext);
  const decipher = createDecipheriv(algorithm, key, iv);
  const start = decipher.update(ciphertext);
  try {
    const end = decipher.final();
    const whole = Buffer.concat([start, end]);
    wipe(end);
    return whole;
  } catch {
    return null;
  } finally {
    wipe(start);
  }
}
