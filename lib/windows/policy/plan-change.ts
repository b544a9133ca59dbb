import type { Role } from '../../native/binding.js';
import { integerWithin, outOfRange } from '../../base/errors/argument-error.js';
import { GROUPS_VALUE, LOCAL_SUITES_KEY, SCHANNEL_KEY, SUITES_VALUE } from './keys.js';
import { policyError } from './policy-error.js';
import {
  POLICY_VERSIONS,
  type PolicyVersion,
  SETTABLE_STATES,
  type SettableState,
} from './protocol-versions.js';
import { listInForce, type ListPolicy, type Policy, sameList } from './read-policy.js';
import { takesEffect } from './settings.js';
import { isOnNow, type VersionPolicyState, versionAfter } from './version-after.js';
import { FIRST_TLS13_BUILD, knownSuites } from './windows-defaults.js';

/** A setting as it should be. */
export type WantedPolicy =
  | { readonly protocol: PolicyVersion; readonly role: Role; readonly state: SettableState }
  | { readonly suites: readonly string[] }
  | { readonly groups: readonly string[] }
  | { readonly clientAuthTrust: 0 | 1 | 2 }
  /** The sum of 1 errors, 2 warnings, 4 information and success. */
  | { readonly eventLogging: number };

/** A DWORD, a list (REG_MULTI_SZ), or null for no value. */
export type ChangeValue = number | readonly string[] | null;

/** When a change counts. Services keep their credentials until they start again. */
export type TakesEffect = 'new credentials' | 'restart of the service' | 'reboot';

/** A value of the registry as it is, and as it will be. */
export interface Change {
  /** Below HKEY_LOCAL_MACHINE. */
  readonly key: string;
  readonly name: string;
  readonly now: ChangeValue;
  readonly then: ChangeValue;
  readonly takesEffect: TakesEffect;
}

export interface PlanOptions {
  /** Permits a role without any version. Default false. */
  readonly evenNone?: boolean | undefined;
}

/** Groups by Windows' names ("TLS supported groups in Windows 11 24H2 and later", "TLS Elliptic Curves …"). */
const GROUP_NAME = /^[A-Za-z][A-Za-z0-9_]{2,63}$/;

/**
 * The values to write so that a policy becomes what is wanted. Empty if it is already.
 *
 * @param policy of `readPolicy()`: what is now
 * @throws SchannelError ERR_SCHANNEL_POLICY_DECIDED if a group policy decides; ERR_SCHANNEL_POLICY_UNSAFE for TLS 1.3
 *   below build 20348 (Server 2022), where Microsoft does not support it, for a role without a version, and for cipher
 *   suites that this build does not know
 */
export function planChange(policy: Policy, wanted: WantedPolicy, options: PlanOptions = {}): Change[] {
  if ('protocol' in wanted) return protocolChanges(policy, wanted, options);
  if ('suites' in wanted) return suiteChanges(policy, wanted.suites);
  if ('groups' in wanted) return groupChanges(policy, wanted.groups);
  if ('clientAuthTrust' in wanted) {
    integerWithin('clientAuthTrust', wanted.clientAuthTrust, 0, 2);
    return numberChange('ClientAuthTrustMode', policy.clientAuthTrust, wanted.clientAuthTrust);
  }
  integerWithin('eventLogging', wanted.eventLogging, 0, 7);
  return numberChange('EventLogging', policy.eventLogging, wanted.eventLogging);
}

const change = (key: string, name: string, now: ChangeValue, then: ChangeValue): Change => ({
  ...{ key, name, now, then, takesEffect: takesEffect(key, name) },
});

const numberChange = (name: string, now: number | null, then: number): Change[] =>
  now === then ? [] : [change(SCHANNEL_KEY, name, now, then)];

function protocolChanges(
  policy: Policy,
  { protocol, role, state }: Extract<WantedPolicy, { protocol: unknown }>,
  { evenNone = false }: PlanOptions,
): Change[] {
  if (!POLICY_VERSIONS.includes(protocol))
    throw outOfRange('protocol', `one of ${POLICY_VERSIONS.join(', ')}`, protocol);
  const then = SETTABLE_STATES[state];
  if (protocol === 'TLS 1.3' && policy.build < FIRST_TLS13_BUILD && then.enabled === 1) {
    throw policyError(
      'ERR_SCHANNEL_POLICY_UNSAFE',
      `TLS 1.3 is not switched on: ${policy.release} has only an experimental one`,
      'Use Windows 11, Windows Server 2022 or later.',
    );
  }
  const after = { policy, protocol, role, state };
  const isLast = isOnNow(policy.protocols[protocol][role]) && !leavesAVersion(after);
  if (!evenNone && protocol.startsWith('TLS') && isLast) {
    throw policyError(
      'ERR_SCHANNEL_POLICY_UNSAFE',
      `${protocol} is the last version of TLS that a ${role} has on this machine`,
      'Switch on another version first.',
    );
  }
  const { values, key } = policy.protocols[protocol][role];
  return (
    [
      ['Enabled', values.enabled, then.enabled],
      ['DisabledByDefault', values.disabledByDefault, then.disabledByDefault],
    ] as const
  )
    .filter(([, now, wantedValue]) => now !== wantedValue)
    .map(([name, now, wantedValue]) => change(key, name, now, wantedValue));
}

const leavesAVersion = (after: VersionPolicyState): boolean =>
  POLICY_VERSIONS.some((version) => version.startsWith('TLS') && versionAfter(after, version));

function suiteChanges(policy: Policy, names: readonly string[]): Change[] {
  refuseDecided(policy.suites, 'cipher suites');
  const known = new Set([
    ...knownSuites(policy.build),
    ...[policy.suites.local, policy.suites.effective, policy.suites.documented].flatMap((list) => list ?? []),
  ]);
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw policyError(
      'ERR_SCHANNEL_POLICY_UNSAFE',
      `${policy.release} does not know ${unknown.slice(0, 5).join(', ')}`,
      'Leave them out, or check their names: they are those of Windows, as in TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.',
    );
  }
  refuseBadList(names, 'cipher suite');
  return listChange(SUITES_VALUE, policy.suites, names);
}

function groupChanges(policy: Policy, names: readonly string[]): Change[] {
  refuseDecided(policy.groups, 'groups');
  const bad = names.find((name) => !GROUP_NAME.test(name));
  if (bad !== undefined) throw outOfRange('groups', 'names of groups, such as NistP256', bad);
  refuseBadList(names, 'group');
  return listChange(GROUPS_VALUE, policy.groups, names);
}

const listChange = (name: string, { local }: ListPolicy, then: readonly string[]): Change[] =>
  sameList(then, local) ? [] : [change(LOCAL_SUITES_KEY, name, local, then)];

function refuseBadList(names: readonly string[], what: string): void {
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw outOfRange(`${what}s`, 'a list that has each name once', twice);
  if (names.length > 0) return;
  throw policyError('ERR_SCHANNEL_POLICY_UNSAFE', `No ${what} would be left`, `Name at least one ${what}.`);
}

function refuseDecided(list: ListPolicy, what: string): void {
  if (list.policy === null) return;
  throw policyError(
    'ERR_SCHANNEL_POLICY_DECIDED',
    `A group policy lists the ${what} of this machine (${listInForce(list)?.length ?? 0}), so the local list counts for nothing`,
    'Change the group policy: "gpresult /h report.html" says which one it is.',
  );
}
