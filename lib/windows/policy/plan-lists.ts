import type { Role } from '../../native/binding.js';
import { outOfRange } from '../../base/errors/argument-error.js';
import type { Change } from './change.js';
import { GROUPS_VALUE, LOCAL_SUITES_KEY, SUITES_VALUE } from './keys.js';
import { policyError } from './policy-error.js';
import { POLICY_VERSIONS, ROLES } from './protocol-versions.js';
import { listInForce, type ListPolicy, type Policy, sameList } from './read-policy.js';
import { changeOf } from './settings.js';
import { isUsableSuite, suiteNamed, versionsOf } from './suite-versions.js';
import { namedTemplate, type TemplateName } from './templates.js';
import { isOnNow } from './version-after.js';
import { knownSuites } from './windows-defaults.js';

/** Groups by Windows' names ("TLS supported groups in Windows 11 24H2 and later", "TLS Elliptic Curves …"). */
const GROUP_NAME = /^[A-Za-z][A-Za-z0-9_]{2,63}$/;

/** @param wanted a list, or a template of which those are taken that this Windows has */
export function suiteChanges(
  policy: Policy,
  wanted: readonly string[] | TemplateName,
  evenNone: boolean,
): Change[] {
  refuseDecided(policy.suites, 'cipher suites');
  const known = new Set([
    ...knownSuites(policy.build),
    ...[policy.suites.local, policy.suites.effective, policy.suites.documented].flatMap((list) => list ?? []),
  ]);
  const names =
    typeof wanted === 'string' ? suitesOf(policy, wanted).filter((name) => known.has(name)) : wanted;
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw policyError(
      'ERR_SCHANNEL_POLICY_UNSAFE',
      `${policy.release} does not know ${unknown.slice(0, 5).join(', ')}`,
      'Leave them out, or check their names: they are those of Windows, as in TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.',
    );
  }
  refuseBadList(names, 'cipher suite');
  if (!evenNone) for (const role of ROLES) refuseNoSuite(policy, names, role);
  return listChange(SUITES_VALUE, policy.suites, names);
}

export function groupChanges(policy: Policy, names: readonly string[]): Change[] {
  refuseDecided(policy.groups, 'groups');
  const bad = names.find((name) => !GROUP_NAME.test(name));
  if (bad !== undefined) throw outOfRange('groups', 'names of groups, such as NistP256', bad);
  refuseBadList(names, 'group');
  return listChange(GROUPS_VALUE, policy.groups, names);
}

/** @throws RangeError ERR_OUT_OF_RANGE for an unknown name */
function suitesOf({ build, release }: Policy, name: TemplateName): readonly string[] {
  const { suites } = namedTemplate(name, build, 'suites');
  if (suites !== undefined) return suites;
  throw policyError(
    'ERR_SCHANNEL_POLICY_UNSAFE',
    `The cipher suites of ${release} are not documented`,
    'List them by name, or use another template.',
  );
}

const listChange = (name: string, { local }: ListPolicy, then: readonly string[]): Change[] =>
  sameList(then, local) ? [] : [changeOf(LOCAL_SUITES_KEY, name, local, then)];

function refuseBadList(names: readonly string[], what: string): void {
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw outOfRange(`${what}s`, 'a list that has each name once', twice);
  if (names.length > 0) return;
  throw policyError('ERR_SCHANNEL_POLICY_UNSAFE', `No ${what} would be left`, `Name at least one ${what}.`);
}

/** Suites of versions that are off, and those that programs have to ask for, leave a role without any. */
function refuseNoSuite(policy: Policy, names: readonly string[], role: Role): void {
  const on = POLICY_VERSIONS.filter(
    (version) => version.startsWith('TLS') && isOnNow(policy.protocols[version][role]),
  );
  const isUsable = names.some((name) => {
    const suite = suiteNamed(name);
    // Windows lists it, and we know nothing against it.
    if (suite === null) return true;
    return isUsableSuite(policy, suite) && versionsOf(suite).some((version) => on.includes(version));
  });
  if (on.length === 0 || isUsable) return;
  throw policyError(
    'ERR_SCHANNEL_POLICY_UNSAFE',
    `None of these cipher suites is for a version that a ${role} has: ${on.join(', ')}`,
    'Add one, such as TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 for TLS 1.2.',
  );
}

function refuseDecided(list: ListPolicy, what: string): void {
  if (list.policy === null) return;
  throw policyError(
    'ERR_SCHANNEL_POLICY_DECIDED',
    `A group policy lists the ${what} of this machine (${listInForce(list)?.length ?? 0}), so the local list counts for nothing`,
    'Change the group policy: "gpresult /h report.html" says which one it is.',
  );
}
