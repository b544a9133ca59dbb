import { invalidType } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { callNative } from '../../native/promises.js';
import type { NativeKey, NativeKeyDialog, NativeKeyLocation } from '../../native/store-binding.js';
import { dialogSettings, type KeyDialogOptions } from './dialog.js';
import { keyNameOf, type KeyLocationOptions } from './options.js';
import { firstSupported, keyLocations } from './locations.js';
import { type KeyNative, PrivateKey } from './private-key.js';
import { KEY_PROVIDERS } from './providers.js';

export interface OpenKeyOptions extends KeyLocationOptions, KeyDialogOptions {
  /** The name of the key, or of the container of a CSP. */
  readonly name: string;
}

type Stores = KeyNative;

/** Opens an existing key. The software key storage provider also finds RSA keys of Windows' own CSPs. */
export async function open(stores: Stores, options: OpenKeyOptions): Promise<PrivateKey> {
  if (typeof options.name !== 'string') throw invalidType('name', 'of type string', options.name);
  const dialog = dialogSettings(options);
  return firstSupported(keyLocations(keyNameOf(options.name, options), true), (location) =>
    openWith(
      stores,
      keySpecsOf(location).map((keySpec) => ({ ...location, keySpec })),
      dialog,
    ),
  );
}

const AT_KEYEXCHANGE = 1;
const AT_SIGNATURE = 2;

/** A container of a CSP can hold two keys. CNG finds one only if it is told which. */
function keySpecsOf({ provider, providerType }: NativeKeyLocation): readonly number[] {
  if (providerType !== 0) return [AT_KEYEXCHANGE, AT_SIGNATURE];
  return provider === KEY_PROVIDERS.software ? [0, AT_KEYEXCHANGE, AT_SIGNATURE] : [0];
}

/** The key at the first location that has one. @throws the error of the first location if none has one */
async function openWith(
  stores: Stores,
  [location, ...others]: readonly NativeKeyLocation[],
  dialog: NativeKeyDialog,
  absence?: SchannelError,
): Promise<PrivateKey> {
  if (location === undefined) throw absence ?? new RangeError('a key needs a location');
  try {
    const native = await callNative<NativeKey>(
      { phase: 'key', text: 'The private key could not be opened' },
      (callback) => stores.openKey(location, dialog, callback),
    );
    return new PrivateKey(stores, { native, location });
  } catch (error) {
    if (!(error instanceof SchannelError) || error.code !== 'ERR_SCHANNEL_KEY_NOT_FOUND') throw error;
    return openWith(stores, others, dialog, absence ?? error);
  }
}
