import { randomBytes, verify, type X509Certificate } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { native } from '../../native/load.js';
import { callNative } from '../../native/promises.js';
import type { NativeKey, NativeKeyLocation } from '../../native/store-binding.js';
import { type KeyDialogOptions, dialogSettings } from '../key/dialog.js';
import { PrivateKey } from '../key/private-key.js';

/**
 * Proves that a private key belongs to a certificate: it signs, and the certificate's public key verifies. The provider
 * may ask for a PIN.
 *
 * @throws SchannelError ERR_SCHANNEL_KEY_NOT_FOUND, ERR_SCHANNEL_KEY_MISMATCH, ERR_SCHANNEL_KEY_ACCESS_DENIED,
 *   ERR_SCHANNEL_KEY_DIALOG, ERR_SCHANNEL_KEY_CANCELLED
 */
export async function proveKey(
  certificate: X509Certificate,
  location: NativeKeyLocation,
  dialog: KeyDialogOptions,
): Promise<void> {
  const opened = await callNative<NativeKey>(
    { phase: 'key', text: `The private key "${location.container}" could not be opened` },
    (callback) => native().openKey(location, dialogSettings(dialog), callback),
  );
  const { publicKey } = certificate;
  await using key = new PrivateKey(native(), { native: opened, location, publicKey });
  const data = randomBytes(32);
  const digest = key.facts.curve === 'P-521' ? 'sha512' : 'sha256';
  if (verify(digest, data, publicKey, await key.sign(digest, data))) return;
  throw new SchannelError(
    'ERR_SCHANNEL_KEY_MISMATCH',
    `The private key "${location.container}" does not sign for the certificate`,
    { phase: 'key', advice: 'Update the driver of the smart card or device, or make a new request.' },
  );
}
