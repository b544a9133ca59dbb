import { wipe } from '../../formats/asn1/wipe.js';
import { native } from '../../native/load.js';
import type { NativeProtection } from '../../native/protection-binding.js';
import { entropyForProtecting, entropyForReading, type SecretScope } from './entropy.js';
import { protect, type ProtectedSecret, unprotect } from './secrets.js';

export interface ProtectSecretOptions {
  /**
   * A file with random bytes, which are needed to read the secret again. It is made if there is none. Keep it beside
   * what has the secrets, and in the same backup.
   */
  readonly entropyFile: string;
  /**
   * Who can read the secret. 'user' (default): only this user. 'machine': SYSTEM, the administrators and this user, who
   * can read the entropy file. Use it if a service needs the secret.
   */
  readonly scope?: SecretScope;
}

export type UnprotectSecretOptions = Pick<ProtectSecretOptions, 'entropyFile'>;

/**
 * Encrypts a secret with Windows' data protection (DPAPI, "CryptProtectData function"). Only this user or this machine
 * can decrypt it. The result is JSON.
 *
 * @throws SchannelError ERR_SCHANNEL_SECRET_FOREIGN if the entropy file was changed, ERR_SCHANNEL_SYSTEM_…,
 *   ERR_SCHANNEL_UNSUPPORTED_PLATFORM
 */
export async function protectSecret(
  secret: string | Uint8Array,
  options: ProtectSecretOptions,
  system: NativeProtection = native(),
): Promise<ProtectedSecret> {
  const { entropyFile, scope = 'user' } = options;
  const entropy = await entropyForProtecting(entropyFile, scope);
  try {
    return await protect(system, secret, entropy, scope);
  } finally {
    wipe(entropy);
  }
}

/**
 * Decrypts what {@link protectSecret} returned.
 *
 * @returns the bytes of the secret; fill them with zeros after use
 * @throws SchannelError ERR_SCHANNEL_SECRET_FOREIGN if it was protected on another machine or by another user, or if it
 *   or its entropy file was changed; ERR_SCHANNEL_SYSTEM_…, ERR_SCHANNEL_UNSUPPORTED_PLATFORM
 */
export async function unprotectSecret(
  secret: ProtectedSecret,
  { entropyFile }: UnprotectSecretOptions,
  system: NativeProtection = native(),
): Promise<Buffer> {
  const entropy = await entropyForReading(entropyFile);
  try {
    return await unprotect(system, secret, entropy);
  } finally {
    wipe(entropy);
  }
}
