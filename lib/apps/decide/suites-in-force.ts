import { LOCAL_SUITES_KEY, POLICY_SUITES_KEY, SUITES_VALUE } from '../../windows/policy/keys.js';
import type { Policy } from '../../windows/policy/read-policy.js';
import { hasSuite, suiteNamed, suitesInForce, versionsOf } from '../../windows/policy/suite-versions.js';
import { type DecidedVersion, type DecideInput, reason, type Reason } from './decision.js';

/** The list of a group policy that has nothing in it. */
export function emptyListDoubts({ suites, wine }: Policy): Reason | null {
  if (wine !== null || suites.policy?.length !== 0) return null;
  return reason(
    'policy list',
    'A group policy has an empty list of suites. What Windows makes of that is not documented.',
    'Fill or remove "SSL Cipher Suite Order" in the group policy.',
    { key: POLICY_SUITES_KEY, value: SUITES_VALUE },
  );
}

/** A list without a suite of this version: it can be on, and no handshake can use it. */
export function suitesRefuseVersion({ policy }: DecideInput, version: DecidedVersion): Reason | null {
  const list = suitesInForce(policy);
  // SSL 2.0 has its own suites, and nobody says what an empty list means.
  if (version === 'SSL 2.0' || list === null || list.length === 0) return null;
  const suites = list.flatMap((name) => (hasSuite(policy, name) ? (suiteNamed(name) ?? []) : []));
  if (suites.some((suite) => versionsOf(suite).includes(version))) return null;
  const isPolicys = policy.suites.policy !== null;
  return reason(
    isPolicys ? 'policy list' : 'local list',
    `${isPolicys ? 'A group policy lists' : 'The list of this machine has'} ${list.length} suites, none of them for ${version}.`,
    isPolicys
      ? `Add suites for ${version} to "SSL Cipher Suite Order" in the group policy (gpresult /h report.html names it).`
      : `Put suites for ${version} back into the list (Enable-TlsCipherSuite).`,
    { key: isPolicys ? POLICY_SUITES_KEY : LOCAL_SUITES_KEY, value: SUITES_VALUE },
  );
}
