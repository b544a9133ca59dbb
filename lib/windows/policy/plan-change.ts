import type { Role } from '../../native/binding.js';
import { integerWithin, outOfRange } from '../../base/errors/argument-error.js';
import type { Change } from './change.js';
import { SCHANNEL_KEY } from './keys.js';
import { fipsChanges } from './plan-fips.js';
import { groupChanges, suiteChanges } from './plan-lists.js';
import { policyError } from './policy-error.js';
import {
  POLICY_VERSIONS,
  type PolicyVersion,
  SETTABLE_STATES,
  type SettableState,
} from './protocol-versions.js';
import type { Policy } from './read-policy.js';
import { changeOf } from './settings.js';
import type { TemplateName } from './templates.js';
import { isOnNow, type VersionPolicyState, versionAfter } from './version-after.js';
import { FIRST_TLS13_BUILD } from './windows-defaults.js';

/** A setting as it should be. */
export type WantedPolicy =
  | { readonly protocol: PolicyVersion; readonly role: Role; readonly state: SettableState }
  /** A list, or the suites of a template that this Windows has. */
  | { readonly suites: readonly string[] | TemplateName }
  | { readonly groups: readonly string[] }
  | { readonly clientAuthTrust: 0 | 1 | 2 }
  /** The sum of 1 errors, 2 warnings, 4 information and success. */
  | { readonly eventLogging: number }
  /** It changes more than TLS: .NET, EFS and Remote Desktop, too. */
  | { readonly fips: boolean };

export interface PlanOptions {
  /** Permits a role without any version or cipher suite. Default false. */
  readonly evenNone?: boolean | undefined;
}

/**
 * The values to write so that a policy becomes what is wanted. Empty if it is already.
 *
 * @param policy of `readPolicy()`: what is now
 * @throws SchannelError ERR_SCHANNEL_POLICY_DECIDED if a group policy or the device management decides;
 *   ERR_SCHANNEL_POLICY_UNSAFE for TLS 1.3 below build 20348 (Server 2022), where Microsoft does not support it, for a
 *   role without a version or a cipher suite, for suites that this build does not know, and for FIPS mode without group
 */
export function planChange(policy: Policy, wanted: WantedPolicy, options: PlanOptions = {}): Change[] {
  if ('protocol' in wanted) return protocolChanges(policy, wanted, options);
  if ('suites' in wanted) return suiteChanges(policy, wanted.suites, options.evenNone === true);
  if ('groups' in wanted) return groupChanges(policy, wanted.groups);
  if ('fips' in wanted) return fipsChanges(policy, wanted.fips);
  if ('clientAuthTrust' in wanted) {
    integerWithin('clientAuthTrust', wanted.clientAuthTrust, 0, 2);
    return numberChange('ClientAuthTrustMode', policy.clientAuthTrust, wanted.clientAuthTrust);
  }
  integerWithin('eventLogging', wanted.eventLogging, 0, 7);
  return numberChange('EventLogging', policy.eventLogging, wanted.eventLogging);
}

const numberChange = (name: string, now: number | null, then: number): Change[] =>
  now === then ? [] : [changeOf(SCHANNEL_KEY, name, now, then)];

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
    .map(([name, now, wantedValue]) => changeOf(key, name, now, wantedValue));
}

const leavesAVersion = (after: VersionPolicyState): boolean =>
  POLICY_VERSIONS.some((version) => version.startsWith('TLS') && versionAfter(after, version));
