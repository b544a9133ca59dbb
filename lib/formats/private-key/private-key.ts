import { createPrivateKey, type JsonWebKeyInput, KeyObject } from 'node:crypto';
import { damagedFile } from '../asn1/damaged-file.js';
import { type Element, readElement } from '../asn1/element.js';
import { wipe } from '../asn1/wipe.js';
import { argumentError } from '../../base/errors/argument-error.js';
import { errorCode } from '../../base/errors/error-code.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { FileBudget } from '../pbe/file-budget.js';
import { together, type Work, type WorkBudget } from '../pbe/limits.js';
import { PasswordForms } from '../pbe/password.js';
import { type EncryptedKey, keyFormOf, readEncryptedKey } from './pkcs8.js';
import { kindOfLabel } from '../pem/content-kind.js';
import { recognize, type Source } from '../pem/source.js';
import { type PemBlock } from '../pem/pem-reader.js';

/** Reading a private key, and deriving its public half. */
export const KEY_WORK: Work = Object.freeze({ units: 500 });

/** Whether a block is a private key. */
export const isKeyBlock = ({ label }: PemBlock): boolean => kindOfLabel(label) === 'private key';

/**
 * A private key in any common form. PEM and DER may be PKCS #8 (plain or encrypted), PKCS #1 or SEC1; `{ pem,
 * passphrase }` is what the option `key` of node:tls takes in a list.
 */
export type PrivateKeySource =
  | Source
  | KeyObject
  | JsonWebKeyInput['key']
  | { readonly pem: Source; readonly passphrase?: string | undefined };

/**
 * The private key of a source. Of PEM it is the first one; other content is ignored.
 *
 * @param passphrase for an encrypted key; a passphrase given with the key is preferred
 * @param budget of the file
 * @throws TypeError ERR_INVALID_ARG_TYPE for anything that cannot be a key
 * @throws SchannelError ERR_SCHANNEL_IMPORT_UNRECOGNIZED, ERR_SCHANNEL_IMPORT_PASSWORD_MISSING,
 *   ERR_SCHANNEL_IMPORT_PASSWORD_WRONG, ERR_SCHANNEL_IMPORT_DAMAGED, ERR_SCHANNEL_IMPORT_UNSUPPORTED,
 *   ERR_SCHANNEL_IMPORT_ITERATIONS, ERR_SCHANNEL_IMPORT_TOO_LARGE
 */
export function toPrivateKey(
  source: PrivateKeySource,
  passphrase?: string,
  budget = new FileBudget(),
): KeyObject {
  if (typeof source === 'string' || source instanceof Uint8Array) {
    return findKey(source, budget).open(passphrase);
  }
  if (source instanceof KeyObject) return privateOnly(source);
  if (!isObject(source)) throw notAKey();
  if (isPemWithPassphrase(source)) return findKey(source.pem, budget).open(source.passphrase ?? passphrase);
  if (!('kty' in source)) throw notAKey();
  return create(() => createPrivateKey({ key: source, format: 'jwk' }));
}

/**
 * The private keys of one file. Their total cost is checked before the first is opened.
 *
 * @throws SchannelError as {@link toPrivateKey}
 */
export function toPrivateKeys(
  sources: readonly Source[],
  passphrase: string | undefined,
  budget: FileBudget,
): KeyObject[] {
  const keys = sources.map((source) => findKey(source, budget));
  budget.work.reserve(keys.map(({ work }) => work));
  return keys.map((key) => key.open(passphrase));
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function isPemWithPassphrase(
  source: object,
): source is { readonly pem: Source; readonly passphrase?: string } {
  return 'pem' in source && (typeof source.pem === 'string' || source.pem instanceof Uint8Array);
}

function notAKey(): Error {
  const expected = 'a string, a Buffer, a KeyObject, a JSON Web Key or { pem, passphrase }';
  return argumentError('ERR_INVALID_ARG_TYPE', `A private key must be ${expected}`);
}

function privateOnly(key: KeyObject): KeyObject {
  if (key.type === 'private') return key;
  throw argumentError('ERR_INVALID_ARG_VALUE', `A private key is needed. Received a ${key.type} key`);
}

/** A private key that was found but not yet opened. */
interface FoundKey {
  /** What opening it costs. */
  readonly work: Work;
  open(passphrase: string | undefined): KeyObject;
}

function findKey(source: Source, { read, work: budget }: FileBudget): FoundKey {
  const recognized = recognize(source, read);
  if (recognized.kind === 'der') return keyIn(readElement(recognized.bytes, read), budget);
  const block = recognized.blocks.find(isKeyBlock);
  if (block === undefined) throw unrecognized();
  return block.encrypted ? oldKeyIn(block, budget) : keyIn(readElement(block.der, read), budget);
}

function oldKeyIn(block: PemBlock, budget: WorkBudget): FoundKey {
  return {
    work: KEY_WORK,
    open(passphrase) {
      budget.spend(KEY_WORK);
      return fromOldPem(block, passphrase);
    },
  };
}

function keyIn(element: Element, budget: WorkBudget): FoundKey {
  const form = keyFormOf(element);
  if (form === null) throw unrecognized();
  if (form === 'encrypted-pkcs8') return encryptedKeyIn(element, budget);
  return {
    work: KEY_WORK,
    open() {
      budget.spend(KEY_WORK);
      const { buffer, byteOffset, byteLength } = element.raw;
      const key = Buffer.from(buffer, byteOffset, byteLength);
      return create(() => createPrivateKey({ key, format: 'der', type: form }));
    },
  };
}

function encryptedKeyIn(element: Element, budget: WorkBudget): FoundKey {
  const encrypted = readEncryptedKey(element);
  return {
    work: together(encrypted.work, KEY_WORK),
    open(passphrase) {
      if (passphrase === undefined) throw passwordMissing();
      return decrypted(encrypted, passphrase, budget);
    },
  };
}

/** OpenSSL's own encryption of PEM: one round of MD5, so that no limit is needed. */
function fromOldPem({ text }: PemBlock, passphrase: string | undefined): KeyObject {
  if (passphrase === undefined) throw passwordMissing();
  try {
    return createPrivateKey({ key: text, format: 'pem', passphrase });
  } catch (cause) {
    if (errorCode(cause) === 'ERR_OSSL_UNSUPPORTED') {
      throw new SchannelError(
        'ERR_SCHANNEL_IMPORT_UNSUPPORTED',
        'The key is encrypted with a cipher that OpenSSL no longer has',
        { advice: 'Write it again as PKCS #8: openssl pkcs8 -topk8.', cause },
      );
    }
    throw passwordWrong(cause);
  }
}

function decrypted(encrypted: EncryptedKey, passphrase: string, budget: WorkBudget): KeyObject {
  const forms = new PasswordForms(passphrase);
  try {
    for (const form of forms) {
      const plaintext = encrypted.open(form, budget);
      if (plaintext === null) continue;
      try {
        budget.spend(KEY_WORK);
        return create(() => createPrivateKey({ key: plaintext, format: 'der', type: 'pkcs8' }));
      } finally {
        wipe(plaintext);
      }
    }
  } finally {
    forms.wipe();
  }
  throw passwordWrong();
}

function create(make: () => KeyObject): KeyObject {
  try {
    return make();
  } catch (cause) {
    throw damagedFile('a private key that cannot be read', cause);
  }
}

const unrecognized = (): SchannelError =>
  new SchannelError('ERR_SCHANNEL_IMPORT_UNRECOGNIZED', 'The file holds no private key', {
    advice: 'It has to be PKCS #8, PKCS #1 or SEC1, as PEM or DER.',
  });

const passwordMissing = (): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING',
    'The private key needs a passphrase (bad decrypt)',
    {
      advice: 'Give its passphrase.',
    },
  );

const passwordWrong = (cause?: unknown): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG',
    'The passphrase does not fit the private key (bad decrypt)',
    {
      advice: 'Check the passphrase; a file that was damaged can look the same.',
      ...(cause !== undefined && { cause }),
    },
  );
