import { isFipsGroup, isFipsOn } from '../../windows/policy/fips-mode.js';
import { GROUPS_VALUE, LOCAL_SUITES_KEY } from '../../windows/policy/keys.js';
import { ROLES } from '../../windows/policy/protocol-versions.js';
import { listInForce, type Policy } from '../../windows/policy/read-policy.js';
import { isOnlyTls13, knownGroups } from '../../windows/policy/windows-groups.js';
import { finding, type PolicyFinding, setCommand, someOf } from './finding.js';
import { hiddenList, listKey } from './list-findings.js';
import { versionsOn } from './version-findings.js';

const DEFAULT_GROUPS = setCommand('groups curve25519 NistP256 NistP384');
const CHANGE_POLICY = 'Change "ECC Curve Order" in the group policy: gpresult /h report.html names it.';

/** Windows 10 1607: the first build whose groups are documented. */
const FIRST_DOCUMENTED = 14393;

/** What is to know about elliptic curves and other groups. */
export function groupFindings(policy: Policy): PolicyFinding[] {
  const { groups, build, release, wine } = policy;
  const list = listInForce(groups);
  const key = listKey(groups, LOCAL_SUITES_KEY);
  const mend = {
    cause: key === null ? null : `HKLM\\${key}\\${GROUPS_VALUE}`,
    ...(groups.policy === null ? { command: DEFAULT_GROUPS } : { remedy: CHANGE_POLICY }),
  };
  const hidden = hiddenList(policy, 'GROUPS_HIDDEN', `HKLM\\${LOCAL_SUITES_KEY}\\${GROUPS_VALUE}`);
  // Wine takes the groups of GnuTLS, whatever is set.
  if (list === null || build < FIRST_DOCUMENTED || wine !== null) return hidden;
  const known = knownGroups(build);
  const unknown = list.filter((name) => !known.has(name.toLowerCase()));
  const isFips = isFipsOn(policy);
  const usable = list.filter((name) => known.has(name.toLowerCase()) && (!isFips || isFipsGroup(name)));
  const hasOld = ROLES.some((role) => versionsOn(policy, role).some((version) => version !== 'TLS 1.3'));
  return [
    ...hidden,
    ...(unknown.length > 0
      ? [
          finding(
            'warning',
            'GROUPS_UNKNOWN',
            `${release} is not documented to know the groups ${someOf(unknown)}.`,
            { ...mend, remedy: 'Correct the names, or leave them out.', command: null },
          ),
        ]
      : []),
    ...(usable.length === 0
      ? [
          finding(
            isFips && list.length > 0 ? 'error' : 'warning',
            'NO_GROUP',
            list.length === 0
              ? 'The list of groups is empty. It is not documented what Windows does then.'
              : `No group is left${isFips ? ' in FIPS mode' : ' that this Windows is documented to know'}: TLS 1.3 and suites with ECDHE fail.`,
            mend,
          ),
        ]
      : usable.every(isOnlyTls13) && hasOld
        ? [
            finding(
              'warning',
              'NO_GROUP_BEFORE_TLS13',
              'All groups are only for TLS 1.3: up to TLS 1.2, suites with ECDHE fail.',
              mend,
            ),
          ]
        : []),
  ];
}
