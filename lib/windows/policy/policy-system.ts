import type { Native } from '../../native/binding.js';
import { native } from '../../native/load.js';
import { type Registry, windowsRegistry } from '../registry/registry.js';

/** What policy needs of Windows; a script in tests. */
export interface PolicySystem {
  readonly registry: Registry;
  readonly addon: Pick<
    Native,
    | 'platform'
    | 'acquireCredential'
    | 'contextFunctions'
    | 'addContextFunction'
    | 'removeContextFunction'
    | 'isFipsMode'
  >;
}

/** @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM */
export function thisPolicySystem(): PolicySystem {
  const addon = native();
  return { addon, registry: windowsRegistry(addon) };
}
