import { type KeyObject } from 'node:crypto';
import { wipe } from '../../formats/asn1/wipe.js';
import { callNativeVoid, callNative } from '../../native/promises.js';
import type {
  NativeKey,
  NativeKeyDialog,
  NativeKeyLocation,
  NativeStores,
} from '../../native/store-binding.js';
import { importBlobOf } from './import-blob.js';
import { firstSupported, type KeyName, keyLocations } from './locations.js';

/** Functions for keys in Windows that need no {@link PrivateKey}. */

/** No dialogs: what the library does by itself must not wait for a user. */
const SILENT: NativeKeyDialog = { silent: true, window: 0 };

/** NCRYPT_ALLOW_EXPORT_FLAG and NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG; a CSP takes any of them for CRYPT_EXPORTABLE. */
const EXPORTABLE = 0x3;

export const exportPolicyOf = (exportable: boolean): number => (exportable ? EXPORTABLE : 0);

/** A stored key that is open. */
export interface PlacedKey {
  readonly native: NativeKey;
  readonly location: NativeKeyLocation;
}

/** Imports a key. The bytes for its provider are zeroed afterwards. */
export function importInto(
  stores: Pick<NativeStores, 'importKey'>,
  key: KeyObject,
  name: KeyName & { readonly exportable: boolean },
  dialog: NativeKeyDialog,
): Promise<PlacedKey> {
  return firstSupported(keyLocations(name, key.asymmetricKeyType === 'rsa'), async (location) => {
    const form = importBlobOf(key, location);
    const exportPolicy = exportPolicyOf(name.exportable);
    try {
      const native = await callNative<NativeKey>(
        { phase: 'key', text: 'The private key could not be imported' },
        (callback) => stores.importKey({ ...form, ...dialog, location, exportPolicy }, callback),
      );
      return { native, location };
    } finally {
      wipe(form.blob);
    }
  });
}

/** Imports a key under a name, and closes it. */
export async function persist(
  stores: Pick<NativeStores, 'importKey' | 'deleteKey'>,
  key: KeyObject,
  name: KeyName & { readonly exportable: boolean },
): Promise<NativeKeyLocation> {
  const { native, location } = await importInto(stores, key, name, SILENT);
  try {
    await closeNative(native);
  } catch (error) {
    // The first failure is the one to report.
    await remove(stores, location).catch(() => undefined);
    throw error;
  }
  return location;
}

/** Closes a handle, and waits until it is closed. */
export const closeNative = (key: NativeKey): Promise<void> =>
  callNativeVoid({ phase: 'key', text: 'The private key could not be closed' }, (callback) =>
    key.close(callback),
  );

/** Deletes a key, or the whole container of a CSP. Close it first. */
export const remove = (stores: Pick<NativeStores, 'deleteKey'>, location: NativeKeyLocation): Promise<void> =>
  callNativeVoid({ phase: 'key', text: 'The private key could not be deleted' }, (callback) =>
    stores.deleteKey(location, callback),
  );
