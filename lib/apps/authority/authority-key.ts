import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { argumentError, integerWithin } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { encryptedKeyPem } from '../../formats/private-key/pkcs8-writer.js';
import { type PrivateKeySource, toPrivateKey } from '../../formats/private-key/private-key.js';
import { signerOf } from '../../formats/x509/key-signer.js';
import type { Signer } from '../../formats/x509/signed.js';
import type { GenerateKeyOptions } from '../../windows/key/generate.js';
import { generateKey, importKey, openKey } from '../../windows/key/keys.js';
import { PrivateKey } from '../../windows/key/private-key.js';
import type { KeyReference } from './events.js';
import type { AuthorityFolder } from './folder.js';

/** How a new authority gets its key. */
export type AuthorityKeyOptions = FileKeyOptions | WindowsKeyOptions;

/** A key in a file (PKCS #8, AES-256), on any system. It is in memory while the authority is open. */
export interface FileKeyOptions extends KeyKind {
  readonly passphrase: string;
  /** Default 'ca.key' in the folder of the authority. */
  readonly file?: string | undefined;
  /** A key that exists already. Default a new one. */
  readonly existing?: PrivateKeySource | undefined;
  /** Iterations of PBKDF2 that protect the file, 1000 to 600,000. Default 600,000, which take part of a second. */
  readonly iterations?: number | undefined;
}

/** A key in Windows, which cannot be exported unless it was made so. */
export interface WindowsKeyOptions {
  /** The key, or options for a new one. */
  readonly windows: PrivateKey | GenerateKeyOptions;
  /** A key that is imported, instead of a new one. */
  readonly existing?: PrivateKeySource | undefined;
}

export interface KeyKind {
  /** Default 'rsa'. */
  readonly algorithm?: 'rsa' | 'ec' | undefined;
  /** Bits of an RSA key. Default 3072. */
  readonly modulusLength?: number | undefined;
  /** Default 'P-384'. */
  readonly namedCurve?: 'P-256' | 'P-384' | 'P-521' | undefined;
}

/** The private key of an authority. */
export interface AuthorityKey extends Signer {
  readonly reference: KeyReference;
  close(): Promise<void>;
}

const RSA_BITS = 3072;
const CURVE = 'P-384';

/** As many as Windows reads. */
const MOST_ITERATIONS = 600_000;

/**
 * @throws SchannelError ERR_SCHANNEL_CA_EXISTS for a file that is there, and what generateKey() and importKey() throw
 */
export async function createAuthorityKey(
  options: AuthorityKeyOptions,
  folder: AuthorityFolder,
): Promise<AuthorityKey> {
  return 'windows' in options ? inWindows(options) : inFile(options, folder);
}

/** Removes a key that was made for an authority that could not begin. A key that was given stays. */
export async function discardKey(
  key: AuthorityKey,
  options: AuthorityKeyOptions,
  folder: AuthorityFolder,
): Promise<void> {
  await key.close();
  const { reference } = key;
  if (reference.kind === 'file') await rm(path.resolve(folder.path, reference.file), { force: true });
  else if ('windows' in options && !(options.windows instanceof PrivateKey)) {
    const { container: name, provider, providerType, machine } = reference;
    await (await openKey({ name, provider, providerType, machine })).delete();
  }
}

async function inWindows({ windows, existing }: WindowsKeyOptions): Promise<AuthorityKey> {
  if (windows instanceof PrivateKey) return windowsKey(windows);
  const { modulusLength = RSA_BITS, namedCurve = CURVE } = windows;
  const made =
    existing === undefined
      ? await generateKey({ ...windows, modulusLength, namedCurve })
      : await importKey(existing, windows);
  // An authority must not begin with a key that cannot be opened again. Wine stores a new key only when it is closed.
  const { reference } = windowsKey(made);
  await made.close();
  return fromWindows(reference);
}

const CRYPT_MACHINE_KEYSET = 0x20;

type WindowsReference = Extract<KeyReference, { kind: 'windows' }>;

function windowsKey(key: PrivateKey): AuthorityKey & { readonly reference: WindowsReference } {
  const { container, provider, providerType, flags } = key.location;
  return {
    publicKey: key.publicKey,
    reference: {
      kind: 'windows',
      container,
      provider,
      providerType,
      machine: (flags & CRYPT_MACHINE_KEYSET) !== 0,
    },
    sign: (digest, data, padding) => key.sign(digest, data, padding),
    close: () => key.close(),
  };
}

async function inFile(options: FileKeyOptions, folder: AuthorityFolder): Promise<AuthorityKey> {
  const { passphrase, file = folder.key, existing, iterations = MOST_ITERATIONS } = options;
  checkPassphrase(passphrase);
  integerWithin('iterations', iterations, 1000, MOST_ITERATIONS);
  const key = existing === undefined ? newKey(options) : toPrivateKey(existing);
  const full = path.resolve(file);
  await folder.writeNew(full, encryptedKeyPem(key, passphrase, iterations));
  return fileKey(key, full === folder.key ? path.basename(full) : full);
}

function checkPassphrase(passphrase: string): void {
  if (typeof passphrase === 'string' && passphrase !== '') return;
  throw argumentError('ERR_INVALID_ARG_VALUE', "The key of an authority in a file needs a 'passphrase'");
}

/** A key in memory of the kind that the options ask for. */
export function newKey({
  algorithm = 'rsa',
  modulusLength = RSA_BITS,
  namedCurve = CURVE,
}: KeyKind): KeyObject {
  return algorithm === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength }).privateKey
    : generateKeyPairSync('ec', { namedCurve }).privateKey;
}

const fileKey = (key: KeyObject, file: string): AuthorityKey => ({
  ...signerOf(key),
  reference: { kind: 'file', file },
  close: () => Promise.resolve(),
});

/** How the key of an existing authority is opened. */
export interface OpenKeyAuthorityOptions {
  /** For a key in a file. */
  readonly passphrase?: string | undefined;
  /** The file of the key, if it is elsewhere now. */
  readonly keyFile?: string | undefined;
}

/**
 * @param publicKey the one that the log names
 * @throws SchannelError ERR_SCHANNEL_CA_KEY_MISSING, ERR_SCHANNEL_KEY_MISMATCH, ERR_SCHANNEL_IMPORT_PASSWORD_MISSING,
 *   ERR_SCHANNEL_IMPORT_PASSWORD_WRONG, and what openKey() throws
 */
export async function openAuthorityKey(
  reference: KeyReference,
  publicKey: Uint8Array,
  folder: AuthorityFolder,
  options: OpenKeyAuthorityOptions,
): Promise<AuthorityKey> {
  const key =
    reference.kind === 'file' ? await fromFile(reference, folder, options) : await fromWindows(reference);
  const expected = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
  if (key.publicKey.equals(expected)) return key;
  await key.close();
  throw new SchannelError('ERR_SCHANNEL_KEY_MISMATCH', 'The private key is not that of the authority', {
    phase: 'key',
    advice: 'Check which file or key it is; another one may have the same name.',
  });
}

async function fromFile(
  reference: Extract<KeyReference, { kind: 'file' }>,
  folder: AuthorityFolder,
  { passphrase, keyFile }: OpenKeyAuthorityOptions,
): Promise<AuthorityKey> {
  const file = keyFile ?? path.resolve(folder.path, reference.file);
  const content = await folder.read(file);
  if (content === null) throw keyMissing(`the file ${file} is not there`);
  return fileKey(toPrivateKey(content, passphrase), reference.file);
}

async function fromWindows(reference: WindowsReference): Promise<AuthorityKey> {
  const { container: name, provider, providerType, machine } = reference;
  try {
    return windowsKey(await openKey({ name, provider, providerType, machine }));
  } catch (error) {
    const isMissing = error instanceof SchannelError && error.code === 'ERR_SCHANNEL_KEY_NOT_FOUND';
    throw isMissing ? keyMissing(`Windows has no key ${name} for this account`, error) : error;
  }
}

const keyMissing = (what: string, cause?: unknown): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_CA_KEY_MISSING',
    `The private key of the authority cannot be found: ${what}`,
    {
      phase: 'key',
      advice:
        'Use the machine and the account with which the authority was made, or restore the file of the key.',
      ...(cause !== undefined && { cause }),
    },
  );
