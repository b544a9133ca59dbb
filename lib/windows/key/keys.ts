import { type KeyObject } from 'node:crypto';
import { native } from '../../native/load.js';
import type { NativeCertificate, NativeKeyLocation } from '../../native/store-binding.js';
import { type PrivateKeySource } from '../../formats/private-key/private-key.js';
import { acquire } from './acquire.js';
import { dialogSettings, type KeyDialogOptions } from './dialog.js';
import { generate, type GenerateKeyOptions } from './generate.js';
import { importFrom, type ImportKeyOptions } from './import.js';
import { open, type OpenKeyOptions } from './open.js';
import { type KeyName } from './locations.js';
import { type PrivateKey } from './private-key.js';
import { persist, remove } from './stored-keys.js';

/** What the other files of this folder do, in this machine's Windows. */

/**
 * Makes a private key that stays in Windows until it is deleted: in a file of the user, or in the TPM with
 * `{ provider: 'tpm' }`.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, RangeError ERR_OUT_OF_RANGE
 * @throws SchannelError ERR_SCHANNEL_KEY_EXISTS when the name is taken, ERR_SCHANNEL_KEY_UNSUPPORTED for what the
 * provider has not, ERR_SCHANNEL_KEY_ACCESS_DENIED, ERR_SCHANNEL_KEY_DIALOG, ERR_SCHANNEL_KEY_CANCELLED
 */
export const generateKey = async (options: GenerateKeyOptions = {}): Promise<PrivateKey> =>
  generate(native(), options);

/**
 * Gives a private key into Windows' keeping: PEM or DER (PKCS #8, PKCS #1, SEC1, encrypted or not), a KeyObject or a
 * JSON Web Key.
 *
 * @throws as {@link generateKey}, and for the file SchannelError ERR_SCHANNEL_IMPORT_PASSWORD_MISSING,
 * ERR_SCHANNEL_IMPORT_PASSWORD_WRONG, ERR_SCHANNEL_IMPORT_DAMAGED, ERR_SCHANNEL_IMPORT_UNRECOGNIZED,
 * ERR_SCHANNEL_IMPORT_UNSUPPORTED, ERR_SCHANNEL_IMPORT_ITERATIONS
 */
export const importKey = async (
  source: PrivateKeySource,
  options: ImportKeyOptions = {},
): Promise<PrivateKey> => importFrom(native(), source, options);

/**
 * Opens a private key by its name, in place of its certificate.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, RangeError ERR_OUT_OF_RANGE
 * @throws SchannelError ERR_SCHANNEL_KEY_NOT_FOUND, ERR_SCHANNEL_KEY_ACCESS_DENIED, ERR_SCHANNEL_KEY_DIALOG,
 * ERR_SCHANNEL_KEY_CANCELLED
 */
export const openKey = async (options: OpenKeyOptions): Promise<PrivateKey> => open(native(), options);

/**
 * Keeps a key under a name, without opening it and without asking anybody: in CNG, or for RSA in a CSP where Windows
 * has no CNG.
 *
 * @throws SchannelError ERR_SCHANNEL_KEY_EXISTS when the name is taken, ERR_SCHANNEL_IMPORT_UNSUPPORTED for a kind of
 * key that Windows does not have, ERR_SCHANNEL_KEY_ACCESS_DENIED, ERR_SCHANNEL_KEY_UNSUPPORTED
 */
export const persistKey = async (
  key: KeyObject,
  name: KeyName & { readonly exportable: boolean },
): Promise<NativeKeyLocation> => persist(native(), key, name);

/** Deletes a key, which nobody has open. @throws SchannelError ERR_SCHANNEL_KEY_NOT_FOUND */
export const removeKey = async (location: NativeKeyLocation): Promise<void> => remove(native(), location);

/**
 * The private key of a certificate, proven to be its own. The certificate may be closed afterwards.
 *
 * @throws SchannelError ERR_SCHANNEL_KEY_MISSING, ERR_SCHANNEL_KEY_NOT_FOUND, ERR_SCHANNEL_KEY_MISMATCH,
 * ERR_SCHANNEL_KEY_ACCESS_DENIED, ERR_SCHANNEL_KEY_DIALOG
 */
export const acquireKeyOf = async (
  certificate: NativeCertificate,
  dialog: KeyDialogOptions = {},
): Promise<PrivateKey> => acquire(native(), certificate, dialogSettings(dialog));
