import { damagedFile } from '../asn1/damaged-file.js';
import { type Element } from '../asn1/element.js';
import { octets, sequence, TAG } from '../asn1/fields.js';
import { readEncryption } from '../pbe/encryption.js';
import { type Work, type WorkBudget } from '../pbe/limits.js';
import { type Password } from '../pbe/password.js';

/** An encrypted private key (EncryptedPrivateKeyInfo, RFC 5958 §3). */
export interface EncryptedKey {
  /** The encryption, for messages. */
  readonly encryption: string;
  /** What decrypting it costs with one form of the password. */
  readonly work: Work;
  /** The PKCS #8 inside; null if the password is wrong. The caller zeroes it. */
  open(password: Password, budget: WorkBudget): Buffer | null;
}

/** @throws SchannelError ERR_SCHANNEL_IMPORT_DAMAGED, ERR_SCHANNEL_IMPORT_UNSUPPORTED */
export function readEncryptedKey(element: Element | undefined): EncryptedKey {
  const [algorithm, data] = sequence(element, 'an encrypted key');
  const encryption = readEncryption(algorithm);
  const ciphertext = octets(data, 'an encrypted key');
  return {
    encryption: encryption.name,
    work: encryption.workOn(ciphertext),
    open(password, budget) {
      const plaintext = encryption.open(password, ciphertext, budget);
      return plaintext !== null && isWholeSequence(plaintext) ? plaintext : null;
    },
  };
}

/**
 * Whether bytes are one SEQUENCE from first to last. A wrong password passes the padding check once in 256 times, but
 * not this check too.
 */
export function isWholeSequence(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x30 || bytes.length < 2) return false;
  const first = bytes[1] ?? 0;
  // Indefinite length: it ends with an end mark.
  if (first === 0x80) return bytes.at(-1) === 0 && bytes.at(-2) === 0;
  if (first < 0x80) return bytes.length === 2 + first;
  const size = first & 0x7f;
  const length = bytes.subarray(2, 2 + size).reduce((sum, byte) => sum * 256 + byte, 0);
  return bytes.length === 2 + size + length;
}

/** The forms of a private key in DER. */
export type KeyForm = 'pkcs8' | 'encrypted-pkcs8' | 'pkcs1' | 'sec1';

/** The form of a private key; null if it is something else. */
export function keyFormOf(element: Element): KeyForm | null {
  const [first, second, third] = element.tag === TAG.sequence ? element.children : [];
  if (first === undefined || second === undefined) return null;
  if (first.tag === TAG.sequence) {
    const isEncrypted = second.tag === TAG.octetString && first.children[0]?.tag === TAG.objectIdentifier;
    return isEncrypted && element.children.length === 2 ? 'encrypted-pkcs8' : null;
  }
  if (first.tag !== TAG.integer) return null;
  if (second.tag === TAG.sequence && third?.tag === TAG.octetString) return 'pkcs8';
  if (second.tag === TAG.octetString && first.content[0] === 1) return 'sec1';
  return second.tag === TAG.integer && element.children.length >= 9 ? 'pkcs1' : null;
}

/** The PKCS #8 key, after a check of its outer structure: a view on the memory of the element. */
export function pkcs8In(element: Element): Buffer {
  const { raw } = element;
  if (keyFormOf(element) !== 'pkcs8') throw damagedFile('something else where a private key belongs');
  return Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
}
