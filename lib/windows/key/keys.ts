import { type KeyObject } from 'node:crypto';
import { native } from '../../native/load.js';
import type { NativeCertificate, NativeKeyLocation } from '../../native/store-binding.js';
import { type PrivateKeySource } from '../../formats/private-key/private-key.js';
import { acquire } from './acquire.js';
import { dialogSettings, type KeyDialogOptions } from './dialog.js';
import { generate, type GenerateKeyOptions } from './generate.js';
import { importFrom, type ImportKeyOptions } from './import.js';
import { listKeysOf } from './list.js';
import { open, type OpenKeyOptions } from './open.js';
import { type KeyName } from './locations.js';
import { type PrivateKey } from './private-key.js';
import { persist, remove } from './stored-keys.js';

/** The functions of this folder, with this machine's Windows. */

/**
 * Creates a private key in Windows, where it exists until it is deleted: in a file of the user, or in the TPM with `{
 * provider: 'tpm' }`.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, RangeError ERR_OUT_OF_RANGE
 * @throws SchannelError ERR_SCHANNEL_KEY_EXISTS if the name is taken, ERR_SCHANNEL_KEY_UNSUPPORTED for what the
 *   provider does not support, ERR_SCHANNEL_KEY_ACCESS_DENIED, ERR_SCHANNEL_KEY_DIALOG, ERR_SCHANNEL_KEY_CANCELLED
 */
export const generateKey = async (options: GenerateKeyOptions = {}): Promise<PrivateKey> =>
  generate(native(), options);

/**
 * Imports a private key into Windows: PEM or DER (PKCS #8, PKCS #1, SEC1, encrypted or not), a KeyObject or a JSON Web
 * Key.
 *
 * @throws as {@link generateKey}, and for the file SchannelError ERR_SCHANNEL_IMPORT_PASSWORD_MISSING,
 *   ERR_SCHANNEL_IMPORT_PASSWORD_WRONG, ERR_SCHANNEL_IMPORT_DAMAGED, ERR_SCHANNEL_IMPORT_UNRECOGNIZED,
 *   ERR_SCHANNEL_IMPORT_UNSUPPORTED, ERR_SCHANNEL_IMPORT_ITERATIONS
 */
export const importKey = async (
  source: PrivateKeySource,
  options: ImportKeyOptions = {},
): Promise<PrivateKey> => importFrom(native(), source, options);

/**
 * Opens a private key by its name instead of its certificate.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, RangeError ERR_OUT_OF_RANGE
 * @throws SchannelError ERR_SCHANNEL_KEY_NOT_FOUND, ERR_SCHANNEL_KEY_ACCESS_DENIED, ERR_SCHANNEL_KEY_DIALOG,
 *   ERR_SCHANNEL_KEY_CANCELLED
 */
export const openKey = async (options: OpenKeyOptions): Promise<PrivateKey> => open(native(), options);

/**
 * Stores a key under a name, without opening it and without a dialog: in CNG, or for RSA in a CSP if Windows has no
 * CNG.
 *
 * @throws SchannelError ERR_SCHANNEL_KEY_EXISTS if the name is taken, ERR_SCHANNEL_IMPORT_UNSUPPORTED for a type of
 *   key that Windows does not support, ERR_SCHANNEL_KEY_ACCESS_DENIED, ERR_SCHANNEL_KEY_UNSUPPORTED
 */
export const persistKey = async (
  key: KeyObject,
  name: KeyName & { readonly exportable: boolean },
): Promise<NativeKeyLocation> => persist(native(), key, name);

/** The keys of the software providers. @throws SchannelError ERR_SCHANNEL_KEY_ACCESS_DENIED */
export const listKeys = async (machine: boolean): Promise<readonly NativeKeyLocation[]> =>
  listKeysOf(native(), machine);

/** Deletes a key, which must not be open. @throws SchannelError ERR_SCHANNEL_KEY_NOT_FOUND */
export const removeKey = async (location: NativeKeyLocation): Promise<void> => remove(native(), location);

/**
 * The private key of a certificate, after a check that it belongs to it. The certificate may be closed afterwards.
 *
 * @throws SchannelError ERR_SCHANNEL_KEY_MISSING, ERR_SCHANNEL_KEY_NOT_FOUND, ERR_SCHANNEL_KEY_MISMATCH,
 *   ERR_SCHANNEL_KEY_ACCESS_DENIED, ERR_SCHANNEL_KEY_DIALOG
 */
export const acquireKeyOf = async (
  certificate: NativeCertificate,
  dialog: KeyDialogOptions = {},
): Promise<PrivateKey> => acquire(native(), certificate, dialogSettings(dialog));
