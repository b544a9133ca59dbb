import { checkBoolean, checkInteger, checkName } from './arguments.js';
import { type KeyProvider } from './providers.js';
import { type KeyName } from './locations.js';

/** Where a key is, or will be created. */
export interface KeyLocationOptions {
  /**
   * A short name (see {@link KEY_PROVIDERS}) or the name of any key storage provider or CSP. Default 'software'; for
   * RSA a CSP if Windows has no CNG.
   */
  readonly provider?: KeyProvider | undefined;
  /** PROV_* of a CSP that does not come with Windows: '1' stands for PROV_RSA_FULL. */
  readonly providerType?: number | undefined;
  /** The key belongs to the machine instead of the user. Only administrators can create one. Default false. */
  readonly machine?: boolean | undefined;
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, RangeError ERR_OUT_OF_RANGE */
export function keyNameOf(container: string, options: KeyLocationOptions): KeyName {
  const { provider, providerType, machine } = options;
  checkName('name', container);
  checkName('provider', provider);
  checkInteger('providerType', providerType, 0, 999);
  checkBoolean('machine', machine);
  return { container, provider, providerType, machine: machine ?? false };
}
