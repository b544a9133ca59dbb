import { argumentError } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';

/** Where a temporary key is kept: with the keys of this account, or with those of the machine. */
export type KeySet = 'user' | 'machine';

const KEY_SETS: readonly KeySet[] = ['user', 'machine'];

/** @throws TypeError ERR_INVALID_ARG_VALUE */
export function parseKeySet(value: unknown): KeySet {
  if (value === undefined || value === null) return 'user';
  const known = KEY_SETS.find((name) => name === value);
  if (known) return known;
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property 'options.temporaryKeys' must be one of: ${KEY_SETS.join(', ')}. Received ${JSON.stringify(value)}`,
  );
}

/**
 * Errors of Win32 and CNG for an account without a loaded profile: ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND,
 * ERROR_ACCESS_DENIED, NTE_PERM, NTE_BAD_KEYSET, NTE_TEMPORARY_PROFILE.
 */
const WITHOUT_PROFILE: ReadonlySet<number> = new Set([2, 3, 5, 0x80090010, 0x80090016, 0x80090024]);

const withoutFacility = (status: number): number => (status >>> 16 === 0x8007 ? status & 0xffff : status);

/** The same error, with advice if a profile that is not loaded may be the cause. */
export function withAdviceOnProfile(error: unknown, keySet: KeySet): unknown {
  if (keySet !== 'user' || !(error instanceof SchannelError) || error.status === undefined) return error;
  if (!WITHOUT_PROFILE.has(withoutFacility(error.status))) return error;
  return Object.assign(error, {
    advice:
      'An account without a loaded profile cannot keep keys (IIS without LoadUserProfile, some scheduled tasks). Have its profile loaded, or set temporaryKeys to "machine".',
  });
}
