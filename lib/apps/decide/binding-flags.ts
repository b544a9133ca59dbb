import type { CipherSuite } from '../../formats/tls-wire/suites.js';
import { BINDING_FLAGS } from '../../windows/binding/binding.js';
import { type DecidedVersion, type DecideInput, reason, type Reason } from './decision.js';

const { DISABLE_LEGACY_TLS, DISABLE_TLS12, DISABLE_TLS13 } = BINDING_FLAGS;

const refusal = (name: string, option: string | null): Reason =>
  reason(
    'binding',
    `The binding of http.sys has the flag ${name}.`,
    option === null ? 'Take the flag from the binding.' : `Run: schannel binding set <binding> ${option}`,
  );

const has = ({ role, bindingFlags = 0 }: DecideInput, flag: number): boolean =>
  role === 'server' && (bindingFlags & flag) !== 0;

/** What the binding says against a version. */
export function bindingRefusesVersion(input: DecideInput, version: DecidedVersion): Reason | null {
  if (version === 'TLS 1.3') return has(input, DISABLE_TLS13) ? refusal('DISABLE_TLS13', '--tls13') : null;
  if (version === 'TLS 1.2') return has(input, DISABLE_TLS12) ? refusal('DISABLE_TLS12', null) : null;
  return has(input, DISABLE_LEGACY_TLS) ? refusal('DISABLE_LEGACY_TLS', '--legacy-tls') : null;
}

/**
 * What the binding says against a suite. "Disable Legacy TLS": no DES, 3DES and RC4, no CBC mode, and no RSA key
 * exchange.
 */
export function bindingRefusesSuite(input: DecideInput, suite: CipherSuite): Reason | null {
  if (suite.era === 'TLSv1.3' || !has(input, DISABLE_LEGACY_TLS)) return null;
  const isLegacy = suite.keyExchange === 'RSA' || !/GCM|CCM|CHACHA20/.test(suite.cipher);
  return isLegacy ? refusal('DISABLE_LEGACY_TLS', '--legacy-tls') : null;
}
