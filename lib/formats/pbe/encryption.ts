import { pbkdf2Sync } from 'node:crypto';
import { damagedFile } from '../asn1/damaged-file.js';
import { type Element } from '../asn1/element.js';
import { objectIdentifier, octets, positive, sequence } from '../asn1/fields.js';
import { wipe } from '../asn1/wipe.js';
import { type Cipher, decrypt, decryptWork, PBES2_CIPHERS, PKCS12_CIPHERS } from './ciphers.js';
import { digestName, SHA1 } from './digests.js';
import { together, type Work, type WorkBudget } from './limits.js';
import { type Password } from './password.js';
import { pbkdf2Work, readPbkdf2 } from './pbkdf2.js';
import { type Digest, pkcs12Derive, pkcs12Work, PURPOSE } from './pkcs12-kdf.js';
import { unsupported } from './unsupported.js';

/** An encryption by password, with the parameters of one ciphertext. */
export interface Encryption {
  /** For messages: 'PBES2 AES-256-CBC, PBKDF2 with HMAC-SHA-256', 'RC2-40, SHA-1'. */
  readonly name: string;
  /**
   * What decrypting costs with one form of the password.
   *
   * @throws SchannelError ERR_SCHANNEL_IMPORT_DAMAGED for an incomplete block
   */
  workOn(ciphertext: Uint8Array): Work;
  /**
   * The plaintext; null if the password is wrong, or if the last blocks of the ciphertext are damaged.
   *
   * @throws SchannelError ERR_SCHANNEL_IMPORT_ITERATIONS or ERR_SCHANNEL_IMPORT_TOO_LARGE before anything is derived,
   *   ERR_SCHANNEL_IMPORT_DAMAGED
   */
  open(password: Password, ciphertext: Uint8Array, budget: WorkBudget): Buffer | null;
}

const PBES2 = '1.2.840.113549.1.5.13';

/**
 * The encryption that an AlgorithmIdentifier names.
 *
 * @throws SchannelError ERR_SCHANNEL_IMPORT_UNSUPPORTED, ERR_SCHANNEL_IMPORT_DAMAGED
 */
export function readEncryption(element: Element | undefined): Encryption {
  const [algorithm, parameters] = sequence(element, 'the name of an encryption');
  const identifier = objectIdentifier(algorithm, 'the name of an encryption');
  if (identifier === PBES2) return readPbes2(parameters);
  const cipher = PKCS12_CIPHERS.get(identifier);
  if (cipher === undefined) throw unsupported('encryption', identifier);
  return readPkcs12(cipher, parameters);
}

function readPkcs12(cipher: Cipher, parameters: Element | undefined): Encryption {
  const what = 'the parameters of an encryption';
  const [saltField, iterationsField] = sequence(parameters, what);
  const salt = octets(saltField, what);
  const iterations = positive(iterationsField, what);
  const derivation = { digest: SHA1, salt, iterations };
  const derived = (purpose: 1 | 2, length: number, password: Password): Buffer =>
    pkcs12Derive(password.utf16, { ...derivation, purpose, length });
  const workOn = (ciphertext: Uint8Array): Work =>
    together(
      pkcs12Work({ ...derivation, length: cipher.keyBytes }),
      pkcs12Work({ ...derivation, length: cipher.blockBytes }),
      decryptWork(cipher, wholeBlocks(cipher, ciphertext)),
    );
  return {
    name: `${cipher.name}, SHA-1`,
    workOn,
    open(password, ciphertext, budget) {
      budget.spend(workOn(ciphertext));
      const key = derived(PURPOSE.key, cipher.keyBytes, password);
      const iv = derived(PURPOSE.iv, cipher.blockBytes, password);
      return openWith(cipher, key, iv, ciphertext);
    },
  };
}

function readPbes2(parameters: Element | undefined): Encryption {
  const what = 'the parameters of PBES2';
  const [derivation, scheme] = sequence(parameters, what);
  const { digest, salt, iterations, keyLength } = readPbkdf2(derivation);
  const [algorithm, vector] = sequence(scheme, what);
  const identifier = objectIdentifier(algorithm, what);
  const cipher = PBES2_CIPHERS.get(identifier);
  if (cipher === undefined) throw unsupported('encryption', identifier);
  const iv = octets(vector, what);
  if (iv.length !== cipher.blockBytes || (keyLength !== null && keyLength !== cipher.keyBytes)) {
    throw damagedFile(`a key or vector of the wrong length for ${cipher.name}`);
  }
  const workOn = (ciphertext: Uint8Array): Work =>
    together(
      pbkdf2Work({ digest, iterations }, cipher.keyBytes),
      decryptWork(cipher, wholeBlocks(cipher, ciphertext)),
    );
  return {
    name: `PBES2 ${cipher.name}, ${nameOfPbkdf2(digest)}`,
    workOn,
    open(password, ciphertext, budget) {
      budget.spend(workOn(ciphertext));
      const key = pbkdf2Sync(password.utf8, salt, iterations, cipher.keyBytes, digest.name);
      return openWith(cipher, key, iv, ciphertext);
    },
  };
}

const nameOfPbkdf2 = (digest: Digest): string => `PBKDF2 with HMAC-${digestName(digest)}`;

function wholeBlocks(cipher: Cipher, ciphertext: Uint8Array): Uint8Array {
  if (ciphertext.length > 0 && ciphertext.length % cipher.blockBytes === 0) return ciphertext;
  throw damagedFile('encrypted content that is not made of whole blocks');
}

function openWith(cipher: Cipher, key: Buffer, iv: Uint8Array, ciphertext: Uint8Array): Buffer | null {
  try {
    return decrypt(cipher, key, iv, ciphertext);
  } finally {
    wipe(key);
  }
}
