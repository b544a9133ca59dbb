import type { CipherSuite } from '../../formats/tls-wire/suites.js';
import type { Policy } from '../../windows/policy/read-policy.js';
import { FIPS_KEY } from '../../windows/policy/keys.js';
import { reason, type Reason } from './decision.js';

/** Windows' answer; without one, what the registry says. */
export const isFipsOn = ({ fips }: Policy): boolean =>
  fips.effective ?? [fips.enabled, fips.mdmEnabled].some((value) => value !== null && value !== 0);

/** What FIPS mode says against a suite: it has only AES and triple DES. */
export function fipsRefuses(policy: Policy, { cipher }: CipherSuite): Reason | null {
  if (!isFipsOn(policy) || /^(AES|3DES)/.test(cipher)) return null;
  const [value, number] =
    policy.fips.mdmEnabled !== null && policy.fips.enabled === null
      ? ['MDMEnabled', policy.fips.mdmEnabled]
      : ['Enabled', policy.fips.enabled];
  return reason(
    'fips',
    `FIPS mode is on, which does not permit ${cipher === 'NULL' ? 'suites without encryption' : cipher}.`,
    'Use a suite with AES.',
    { key: FIPS_KEY, value: number === null ? null : `${value}=${number}` },
  );
}
