import type { CipherSuite } from '../../formats/tls-wire/suites.js';
import type { Role } from '../../native/binding.js';
import { isFipsOn } from '../../windows/policy/fips-mode.js';
import { LOCAL_SUITES_KEY, POLICY_SUITES_KEY, SUITES_VALUE } from '../../windows/policy/keys.js';
import { ROLES } from '../../windows/policy/protocol-versions.js';
import type { Policy } from '../../windows/policy/read-policy.js';
import {
  hasSuite,
  isUsableSuite,
  suiteNamed,
  suitesInForce,
  versionsOf,
} from '../../windows/policy/suite-versions.js';
import { withoutCurve } from '../../windows/policy/windows-defaults.js';
import { finding, type PolicyFinding, setCommand, someOf } from './finding.js';
import { hiddenList, listKey } from './list-findings.js';
import { versionsOn } from './version-findings.js';

const DEFAULT_LIST = setCommand('suites --template windows-default');
const CHANGE_POLICY =
  'Change "SSL Cipher Suite Order" in the group policy: gpresult /h report.html names it.';

/** What to do about the list that holds. */
const mend = ({ suites }: Policy): Partial<Pick<PolicyFinding, 'remedy' | 'command' | 'cause'>> => {
  const key = listKey(suites, LOCAL_SUITES_KEY);
  return {
    cause: key === null ? null : `HKLM\\${key}\\${SUITES_VALUE}`,
    ...(suites.policy === null ? { command: DEFAULT_LIST } : { remedy: CHANGE_POLICY }),
  };
};

/** What is to know about the cipher suites. */
export function suiteFindings(policy: Policy): PolicyFinding[] {
  const list = suitesInForce(policy);
  const usable = list
    ?.flatMap((name) => suiteNamed(name) ?? [])
    .filter((suite) => isUsableSuite(policy, suite));
  return [
    ...hiddenList(policy, 'SUITES_HIDDEN', `HKLM\\${LOCAL_SUITES_KEY}\\${SUITES_VALUE}`),
    ...tooLong(policy),
    ...unknownNames(policy),
    ...(usable === undefined
      ? []
      : list?.length === 0
        ? [
            finding(
              'warning',
              'NO_SUITE',
              'The list of cipher suites is empty. It is not documented what Windows does then.',
              mend(policy),
            ),
          ]
        : [
            ...ROLES.flatMap((role) => withoutSuite(policy, usable, role)),
            ...weak(policy, usable),
            ...http2(policy, usable),
          ]),
  ];
}

/** "Manage Transport Layer Security (TLS)": the list of a group policy has at most 1,023 characters. */
const LONGEST_POLICY = 1023;

function tooLong({ suites: { policy } }: Policy): PolicyFinding[] {
  const length = policy?.join(',').length ?? 0;
  return length <= LONGEST_POLICY
    ? []
    : [
        finding(
          'warning',
          'SUITES_TOO_LONG',
          `The list of the group policy has ${length} characters. Windows takes at most ${LONGEST_POLICY}.`,
          { cause: `HKLM\\${POLICY_SUITES_KEY}\\${SUITES_VALUE}`, remedy: `Shorten it. ${CHANGE_POLICY}` },
        ),
      ];
}

function unknownNames(policy: Policy): PolicyFinding[] {
  const names = (policy.suites.policy ?? policy.suites.local ?? []).filter(
    (name) => !hasSuite(policy, withoutCurve(name)),
  );
  if (names.length === 0) return [];
  const isOld = policy.suites.documented === null;
  return isOld
    ? []
    : [
        finding(
          'warning',
          'SUITES_UNKNOWN',
          `${policy.release} does not know ${someOf(names)}: it passes over them.`,
          { ...mend(policy), remedy: 'Correct the names, or leave them out.', command: null },
        ),
      ];
}

function withoutSuite(policy: Policy, usable: readonly CipherSuite[], role: Role): PolicyFinding[] {
  const on = versionsOn(policy, role);
  const missing = on.filter((version) => !usable.some((suite) => versionsOf(suite).includes(version)));
  if (on.length > 0 && missing.length === on.length) {
    const cause = isFipsOn(policy) ? ', in FIPS mode' : '';
    return [
      finding(
        'error',
        'NO_SUITE',
        `No cipher suite is left for a ${role}${cause}: every connection fails.`,
        mend(policy),
      ),
    ];
  }
  // TLS 1.2 has all suites of TLS 1.0 and 1.1, too: to leave those out is deliberate.
  return missing
    .filter((version) => version === 'TLS 1.2' || version === 'TLS 1.3')
    .map((version) =>
      finding(
        'warning',
        'NO_SUITE_FOR_VERSION',
        `${version} is on for a ${role}, but no cipher suite for it is in the list: it is never used.`,
        mend(policy),
      ),
    );
}

function weak(policy: Policy, usable: readonly CipherSuite[]): PolicyFinding[] {
  const names = usable
    .filter(({ flags }) => flags.includes('weak') || flags.includes('insecure'))
    .map(({ name }) => name);
  if (names.length === 0) return [];
  const isDefault = names.every((name) => policy.suites.documented?.includes(name) === true);
  return [
    finding(
      isDefault ? 'note' : 'warning',
      'SUITES_WEAK',
      `Weak cipher suites are on${isDefault ? ', by the default of this Windows' : ''}: ${someOf(names)}.`,
      {
        ...mend(policy),
        ...(policy.suites.policy === null
          ? { command: setCommand('suites --template mozilla-intermediate') }
          : {}),
      },
    ),
  ];
}

/** RFC 9113 §9.2.2 and appendix A: without forward secrecy or authenticated encryption, HTTP/2 breaks off. */
const isForHttp2 = ({ keyExchange, cipher }: CipherSuite): boolean =>
  /^(ECDHE|DHE)$/.test(keyExchange) && /GCM|CCM|CHACHA20/.test(cipher);

function http2(policy: Policy, usable: readonly CipherSuite[]): PolicyFinding[] {
  const [first] = usable.filter((suite) => versionsOf(suite).includes('TLS 1.2'));
  if (first === undefined || isForHttp2(first)) return [];
  return [
    finding(
      'warning',
      'HTTP2_ORDER',
      `The first cipher suite of TLS 1.2 is ${first.name}, which HTTP/2 forbids: servers choose it, and HTTP/2 breaks off.`,
      { ...mend(policy), remedy: 'Put suites with ECDHE and GCM first.' },
    ),
  ];
}
