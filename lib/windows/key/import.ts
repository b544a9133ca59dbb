import { createPublicKey } from 'node:crypto';
import type { NativeStores } from '../../native/store-binding.js';
import { type PrivateKeySource, toPrivateKey } from '../../formats/private-key/private-key.js';
import { invalidType } from '../../base/errors/argument-error.js';
import { checkBoolean } from './arguments.js';
import { newContainerName } from './container-name.js';
import { dialogSettings, type KeyDialogOptions } from './dialog.js';
import { keyNameOf, type KeyLocationOptions } from './options.js';
import { type KeyNative, PrivateKey } from './private-key.js';
import { importInto } from './stored-keys.js';

export interface ImportKeyOptions extends KeyLocationOptions, KeyDialogOptions {
  /** For an encrypted key. */
  readonly passphrase?: string | undefined;
  /** Default a new name that starts with 'schannel-key-'. */
  readonly name?: string | undefined;
  /** Whether the key can be exported again. This can't be changed later. Default false. */
  readonly exportable?: boolean | undefined;
}

/** Imports a key into Windows, where it exists until it is deleted. */
export async function importFrom(
  stores: KeyNative & Pick<NativeStores, 'importKey'>,
  source: PrivateKeySource,
  options: ImportKeyOptions,
): Promise<PrivateKey> {
  const { name = newContainerName('key'), exportable = false, passphrase } = options;
  checkBoolean('exportable', exportable);
  if (passphrase !== undefined && typeof passphrase !== 'string') {
    throw invalidType('passphrase', 'of type string', passphrase);
  }
  const target = { ...keyNameOf(name, options), exportable };
  const dialog = dialogSettings(options);
  const key = toPrivateKey(source, passphrase);
  const placed = await importInto(stores, key, target, dialog);
  return new PrivateKey(stores, { ...placed, publicKey: createPublicKey(key) });
}
