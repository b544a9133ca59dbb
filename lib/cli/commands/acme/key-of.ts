import type { WindowsKeyOptions } from '../../../acme.js';
import { type KeyKindFlags, keyKindOf } from '../../key-flags.js';
import { UsageError } from '../../usage-error.js';

/** The key that the options ask for. @throws {UsageError} */
export function acmeKeyOf(
  flags: KeyKindFlags & { readonly keyProvider?: string },
): Pick<WindowsKeyOptions, 'algorithm' | 'modulusLength' | 'namedCurve' | 'provider'> {
  const { algorithm, modulusLength, namedCurve } = keyKindOf(flags);
  if (namedCurve === 'P-521') throw new UsageError('ACME servers do not take P-521: choose --curve P-384');
  return { algorithm, modulusLength, namedCurve, provider: flags.keyProvider };
}
