import { type KeyObject } from 'node:crypto';
import { native } from '../native/load.js';
import type { NativeCertificate, NativeKeyLocation } from '../native/store-binding.js';
import { acquire } from './acquire.js';
import { dialogOf, type KeyDialogOptions } from './dialog.js';
import { type KeyName } from './place.js';
import { type PrivateKey } from './private-key.js';
import { persist, remove } from './stored-keys.js';

/** What the other files of this folder do, in this machine's Windows. */

/**
 * Keeps a key under a name, without opening it and without asking anybody: in CNG, or for RSA in a CSP where Windows has
 * no CNG.
 *
 * @throws SchannelError ERR_SCHANNEL_KEY_EXISTS when the name is taken, ERR_SCHANNEL_IMPORT_UNSUPPORTED for a kind of
 * key that Windows does not have, ERR_SCHANNEL_KEY_ACCESS_DENIED, ERR_SCHANNEL_KEY_UNSUPPORTED
 */
export const persistKey = (
  key: KeyObject,
  name: KeyName & { readonly exportable: boolean },
): Promise<NativeKeyLocation> => persist(native(), key, name);

/** Deletes a key, which nobody has open. @throws SchannelError ERR_SCHANNEL_KEY_NOT_FOUND */
export const removeKey = (location: NativeKeyLocation): Promise<void> => remove(native(), location);

/**
 * The private key of a certificate, proven to be its own. The certificate may be closed afterwards.
 *
 * @throws SchannelError ERR_SCHANNEL_KEY_MISSING, ERR_SCHANNEL_KEY_NOT_FOUND, ERR_SCHANNEL_KEY_MISMATCH,
 * ERR_SCHANNEL_KEY_ACCESS_DENIED, ERR_SCHANNEL_KEY_DIALOG
 */
export const acquireKeyOf = async (
  certificate: NativeCertificate,
  dialog: KeyDialogOptions = {},
): Promise<PrivateKey> => acquire(native(), certificate, dialogOf(dialog));
