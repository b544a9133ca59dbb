import { createPublicKey, type KeyObject } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { callNative } from '../../native/promises.js';
import type { NativeKey, NativeKeyLocation, NativeStores } from '../../native/store-binding.js';
import { publicKeyDer } from '../../formats/x509/public-key.js';
import { KEY_PROVIDERS, MS_ENH_RSA_AES_PROV, providerTypeOf } from '../key/providers.js';
import { closeNative } from '../key/stored-keys.js';

export interface KeySearchOptions {
  /** Whether no provider may ask for a PIN. Default true. */
  readonly silent?: boolean | undefined;
  /** Most keys that are opened. Default 1000. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The result of a search. */
export interface KeySearch {
  readonly location: NativeKeyLocation | null;
  /** How many keys were opened. */
  readonly tried: number;
  /** Whether all keys were tried, or the key was found. */
  readonly complete: boolean;
}

const CRYPT_MACHINE_KEYSET = 0x20;
const CRYPT_SILENT = 0x40;
const AT_KEYEXCHANGE = 1;
const AT_SIGNATURE = 2;

/**
 * Where keys are searched, in this order. Smart cards are left out: their providers ask for a card or a PIN.
 * The CSPs of Microsoft with RSA share their containers, so that one of each type is enough.
 */
const PROVIDERS: readonly string[] = [
  KEY_PROVIDERS.software,
  KEY_PROVIDERS.tpm,
  MS_ENH_RSA_AES_PROV,
  'Microsoft RSA SChannel Cryptographic Provider',
  'Microsoft Strong Cryptographic Provider',
];

export const DEFAULT_KEY_LIMIT = 1000;

/**
 * Searches the private key of a public key among the keys of the user or the machine, as "certutil -repairstore" does.
 * Each key is opened for that, so the number is limited.
 */
export async function findKey(
  stores: Pick<NativeStores, 'listContainers' | 'openKey'>,
  publicKey: KeyObject,
  machine: boolean,
  { silent = true, limit = DEFAULT_KEY_LIMIT, signal }: KeySearchOptions = {},
): Promise<KeySearch> {
  const wanted = publicKeyDer(publicKey);
  let tried = 0;
  for (const location of await locationsIn(stores, machine, publicKey.asymmetricKeyType === 'rsa')) {
    signal?.throwIfAborted();
    if (tried >= limit) return { location: null, tried, complete: false };
    tried += 1;
    if (await hasKey(stores, location, silent, wanted)) return { location, tried, complete: true };
  }
  return { location: null, tried, complete: true };
}

async function locationsIn(
  stores: Pick<NativeStores, 'listContainers'>,
  machine: boolean,
  isRsa: boolean,
): Promise<NativeKeyLocation[]> {
  const flags = machine ? CRYPT_MACHINE_KEYSET : 0;
  const locations: NativeKeyLocation[] = [];
  for (const provider of PROVIDERS) {
    const providerType = providerTypeOf(provider);
    // CSPs of these types have only RSA.
    if (providerType !== 0 && !isRsa) continue;
    const keySpecs = providerType === 0 ? [0] : [AT_KEYEXCHANGE, AT_SIGNATURE];
    for (const container of await containersOf(stores, provider, providerType, flags)) {
      for (const keySpec of keySpecs) locations.push({ container, provider, providerType, flags, keySpec });
    }
  }
  return locations;
}

/** None if the provider is missing, as the TPM's often is. */
async function containersOf(
  stores: Pick<NativeStores, 'listContainers'>,
  provider: string,
  providerType: number,
  flags: number,
): Promise<readonly string[]> {
  try {
    return await callNative<readonly string[]>(
      { phase: 'key', text: 'The private keys could not be listed' },
      (callback) => stores.listContainers({ provider, providerType, flags: flags | CRYPT_SILENT }, callback),
    );
  } catch (error) {
    if (error instanceof SchannelError) return [];
    throw error;
  }
}

async function hasKey(
  stores: Pick<NativeStores, 'openKey'>,
  location: NativeKeyLocation,
  silent: boolean,
  wanted: Buffer,
): Promise<boolean> {
  let key: NativeKey;
  try {
    key = await callNative<NativeKey>(
      { phase: 'key', text: 'The private key could not be opened' },
      (callback) => stores.openKey(location, { silent, window: 0 }, callback),
    );
  } catch (error) {
    // Damaged, denied to this account, or in need of a dialog: not one that could be used.
    if (error instanceof SchannelError) return false;
    throw error;
  }
  try {
    return key.publicKey !== null && isKey(key.publicKey, wanted);
  } finally {
    await closeNative(key);
  }
}

/** Windows may encode it in another way. */
function isKey(der: Uint8Array, wanted: Buffer): boolean {
  if (wanted.equals(der)) return true;
  try {
    return publicKeyDer(createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })).equals(
      wanted,
    );
  } catch {
    return false;
  }
}
