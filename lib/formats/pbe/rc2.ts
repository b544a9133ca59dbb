import rc2 from 'node-forge/lib/rc2.js';
import { wipe } from '../asn1/wipe.js';

const BLOCK = 8;

/** node-forge appends all input to strings, at a cost that grows with the square of their length. */
const PIECE = 128 * BLOCK;

/**
 * Decrypts RC2-CBC (RFC 2268) with as many effective bits as the key has; null if the padding is wrong. OpenSSL 3 has
 * RC2 in its legacy provider only, which Node does not load.
 *
 * @param ciphertext whole blocks, at least one
 */
export function decryptRc2(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Buffer | null {
  const cipher = rc2.createDecryptionCipher(binary(key), key.length * 8);
  const plaintext = Buffer.alloc(ciphertext.length);
  for (let at = 0; at < ciphertext.length; at += PIECE) {
    cipher.start(binary(at === 0 ? iv : ciphertext.subarray(at - BLOCK, at)));
    const piece = binary(ciphertext.subarray(at, at + PIECE));
    cipher.update({ getBytes: () => piece });
    plaintext.write(cipher.output.getBytes(), at, 'latin1');
  }
  const padding = paddingOf(plaintext);
  if (padding !== null) return plaintext.subarray(0, plaintext.length - padding);
  wipe(plaintext);
  return null;
}

const binary = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

/** Length of the PKCS #7 padding, which node-forge does not check completely; null if it is invalid. */
function paddingOf(plaintext: Buffer): number | null {
  const length = plaintext.at(-1) ?? 0;
  if (length === 0 || length > BLOCK) return null;
  return plaintext.subarray(-length).every((byte) => byte === length) ? length : null;
}
