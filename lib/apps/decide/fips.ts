import type { CipherSuite } from '../../formats/tls-wire/suites.js';
import type { Policy } from '../../windows/policy/read-policy.js';
import { isFipsOn, isFipsSet } from '../../windows/policy/fips-mode.js';
import { FIPS_KEY } from '../../windows/policy/keys.js';
import { type DecidedVersion, reason, type Reason } from './decision.js';

/** The registry has it on, and Windows says that it is off. */
const isContradictory = (policy: Policy): boolean => policy.fips.effective === false && isFipsSet(policy);

const origin = ({ fips }: Policy): Pick<Reason, 'key' | 'value'> => {
  const [value, number] =
    fips.mdmEnabled !== null && !fips.enabled ? ['MDMEnabled', fips.mdmEnabled] : ['Enabled', fips.enabled];
  return { key: FIPS_KEY, value: number === null ? null : `${value}=${number}` };
};

const isPermitted = ({ cipher }: CipherSuite): boolean => /^(AES|3DES)/.test(cipher);

/** What FIPS mode says against a suite: it has only AES and triple DES. */
export function fipsRefuses(policy: Policy, suite: CipherSuite): Reason | null {
  if (!isFipsOn(policy) || isPermitted(suite)) return null;
  const { cipher } = suite;
  return reason(
    'fips',
    `FIPS mode is on, which does not permit ${cipher === 'NULL' ? 'suites without encryption' : cipher}.`,
    'Use a suite with AES.',
    origin(policy),
  );
}

/** FIPS mode has no SSL ("System cryptography: Use FIPS compliant algorithms"). */
export function fipsRefusesVersion(policy: Policy, version: DecidedVersion): Reason | null {
  if (!isFipsOn(policy) || !version.startsWith('SSL')) return null;
  return reason('fips', 'FIPS mode is on, which permits only TLS.', 'Use TLS 1.2 or newer.', origin(policy));
}

/** What would be refused if the registry is right, and is not if Windows is. */
export function fipsDoubts(policy: Policy, subject: CipherSuite | DecidedVersion): Reason | null {
  const isAffected = typeof subject === 'string' ? subject.startsWith('SSL') : !isPermitted(subject);
  if (!isContradictory(policy) || !isAffected) return null;
  const text = 'The registry switches FIPS mode on, and Windows says that it is off.';
  return reason('fips', text, 'Restart Windows, and ask again.', origin(policy));
}
