import { invalidType } from '../errors/argument-error.js';
import { outcomeOf } from '../native/promises.js';
import type { NativeKey, NativeStores } from '../native/store-binding.js';
import { dialogOf, type KeyDialogOptions } from './dialog.js';
import { keyNameOf, type KeyPlaceOptions } from './options.js';
import { atFirstAble, placesOf } from './place.js';
import { PrivateKey } from './private-key.js';

export interface OpenKeyOptions extends KeyPlaceOptions, KeyDialogOptions {
  /** The name of the key, or of the container of a CSP. */
  readonly name: string;
}

/** A key that is there already. CNG finds RSA keys of the CSPs that come with Windows, too. */
export async function open(
  stores: Pick<NativeStores, 'openKey' | 'deleteKey'>,
  options: OpenKeyOptions,
): Promise<PrivateKey> {
  if (typeof options.name !== 'string') throw invalidType('name', 'of type string', options.name);
  const dialog = dialogOf(options);
  return atFirstAble(placesOf(keyNameOf(options.name, options), true), async (location) => {
    const native = await outcomeOf<NativeKey>(
      { phase: 'key', text: 'The private key could not be opened' },
      (callback) => stores.openKey(location, dialog, callback),
    );
    return new PrivateKey(stores, { native, location });
  });
}
