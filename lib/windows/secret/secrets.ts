import { invalidType } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { wipe } from '../../formats/asn1/wipe.js';
import type { NativeProtection } from '../../native/protection-binding.js';
import { callNative } from '../../native/promises.js';
import type { SecretScope } from './entropy.js';

/** A secret as a settings file can have it. */
export interface ProtectedSecret {
  /** What CryptProtectData made of it, in base64. */
  readonly dpapi: string;
}

/** Whether a value from a file is a protected secret. */
export const isProtectedSecret = (value: unknown): value is ProtectedSecret =>
  typeof value === 'object' &&
  value !== null &&
  typeof Reflect.get(value, 'dpapi') === 'string' &&
  Object.keys(value).length === 1;

/** @param entropy what has to be there again when the secret is read; the caller zeroes it */
export async function protect(
  system: NativeProtection,
  secret: string | Uint8Array,
  entropy: Uint8Array,
  scope: SecretScope,
): Promise<ProtectedSecret> {
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) {
    throw invalidType('secret', 'of type string or an instance of Uint8Array', secret);
  }
  const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret;
  try {
    const data = await callNative<Uint8Array>(
      { phase: 'key', text: 'The secret could not be protected' },
      (callback) => system.protectData(bytes, entropy, scope === 'machine', callback),
    );
    return { dpapi: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') };
  } finally {
    if (bytes !== secret) wipe(bytes);
  }
}

/** @returns the secret, which the caller zeroes */
export async function unprotect(
  system: NativeProtection,
  secret: ProtectedSecret,
  entropy: Uint8Array,
): Promise<Buffer> {
  if (!isProtectedSecret(secret)) throw invalidType('secret', 'what protectSecret() returned', secret);
  try {
    const data = Buffer.from(secret.dpapi, 'base64');
    const bytes = await callNative<Uint8Array>(
      { phase: 'key', text: 'The secret could not be read' },
      (callback) => system.unprotectData(data, entropy, callback),
    );
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (error) {
    throw error instanceof SchannelError && FOREIGN.has(error.status ?? 0) ? foreign(error) : error;
  }
}

/** What Windows says of data that it can't decrypt here. It tells other accounts from damage only sometimes. */
const FOREIGN: ReadonlySet<number> = new Set([
  2, // ERROR_FILE_NOT_FOUND: the user has no such master key
  13, // ERROR_INVALID_DATA: other entropy, or damaged
  87, // ERROR_INVALID_PARAMETER: there is nothing in it
  0x8009000b, // NTE_BAD_KEY_STATE: another user's, or another machine's
  0x80090005, // NTE_BAD_DATA
  0x80090016, // NTE_BAD_KEYSET
  0x8007000d, // HRESULT of ERROR_INVALID_DATA
]);

const ENTER_AGAIN =
  'Enter the secret again. A backup that is restored on another machine has everything but its secrets.';

/** The error for a secret that can't be read here and never will be. */
export function foreign(cause: unknown, advice = ENTER_AGAIN): SchannelError {
  const status = cause instanceof SchannelError ? cause.status : undefined;
  const syscall = cause instanceof SchannelError ? cause.syscall : undefined;
  return new SchannelError(
    'ERR_SCHANNEL_SECRET_FOREIGN',
    'Windows cannot decrypt the secret here: it was protected on another machine or by another user, or it was changed',
    {
      phase: 'key',
      ...(status !== undefined && { status }),
      ...(syscall !== undefined && { syscall }),
      advice,
      cause,
    },
  );
}
