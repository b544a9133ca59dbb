import { SchannelError } from '../../base/errors/schannel-error.js';
import type { NativeKeyLocation } from '../../native/store-binding.js';
import {
  KEY_PROVIDERS,
  type KeyProvider,
  MS_ENH_RSA_AES_PROV,
  PROV_RSA_AES,
  providerName,
  providerTypeOf,
} from './providers.js';

/** The name of a key, as callers give it. */
export interface KeyName {
  readonly container: string;
  /** Default: the software key storage provider; for RSA a CSP if Windows has no CNG. */
  readonly provider?: KeyProvider | undefined;
  /** PROV_* of a CSP that does not come with Windows. */
  readonly providerType?: number | undefined;
  readonly machine: boolean;
}

/** The name of a key that is somewhere. */
export const nameOf = ({ container, provider, providerType, flags }: NativeKeyLocation): KeyName => ({
  ...{ container, provider, providerType },
  machine: (flags & CRYPT_MACHINE_KEYSET) !== 0,
});

const CRYPT_MACHINE_KEYSET = 0x20;
const AT_KEYEXCHANGE = 1;

/** CNG keys have none. A CSP's key pair for exchange can also sign. */
const keySpecOf = (providerType: number): number => (providerType === 0 ? 0 : AT_KEYEXCHANGE);

/**
 * Where the key may be, in the order to try. Without a given provider that is CNG, then for RSA a CSP: Wine's CNG does
 * not store keys.
 */
export function keyLocations(name: KeyName, isRsa: boolean): readonly NativeKeyLocation[] {
  if (name.provider !== undefined) {
    const provider = providerName(name.provider);
    return [locationAt(name, provider, name.providerType ?? providerTypeOf(provider))];
  }
  const cng = locationAt(name, KEY_PROVIDERS.software, 0);
  return isRsa ? [cng, locationAt(name, MS_ENH_RSA_AES_PROV, PROV_RSA_AES)] : [cng];
}

const locationAt = (
  { container, machine }: KeyName,
  provider: string,
  providerType: number,
): NativeKeyLocation => ({
  container,
  provider,
  providerType,
  flags: machine ? CRYPT_MACHINE_KEYSET : 0,
  keySpec: keySpecOf(providerType),
});

const NTE_NOT_SUPPORTED = 0x80090029;

/**
 * Tries the locations in order, and skips those where the provider does not support what was asked.
 * @returns the result of the first supported attempt @throws what the last attempt threw
 */
export async function firstSupported<T>(
  locations: readonly NativeKeyLocation[],
  attempt: (location: NativeKeyLocation) => Promise<T>,
): Promise<T> {
  const [location, ...others] = locations;
  if (location === undefined) throw new RangeError('a key needs a location');
  try {
    return await attempt(location);
  } catch (error) {
    const isUnsupported = error instanceof SchannelError && error.status === NTE_NOT_SUPPORTED;
    if (!isUnsupported || others.length === 0) throw error;
    return firstSupported(others, attempt);
  }
}
