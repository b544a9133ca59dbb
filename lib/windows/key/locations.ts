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

/** Which key is meant, as callers say it. */
export interface KeyName {
  readonly container: string;
  /** Default: the software key storage provider, and a CSP for RSA where Windows has no CNG. */
  readonly provider?: KeyProvider | undefined;
  /** PROV_* of a CSP that does not come with Windows. */
  readonly providerType?: number | undefined;
  readonly machine: boolean;
}

const CRYPT_MACHINE_KEYSET = 0x20;
const AT_KEYEXCHANGE = 1;

/** CNG keys have none; a CSP's key pair for exchange can sign as well. */
const keySpecOf = (providerType: number): number => (providerType === 0 ? 0 : AT_KEYEXCHANGE);

/**
 * Where the key may be, in the order to try. Without a provider that is CNG, and behind it for RSA a CSP: Wine has no
 * CNG that keeps a key.
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
 * @returns what the first attempt gives that is supported @throws what the last attempt threw
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
