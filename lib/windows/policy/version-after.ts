import type { Role } from '../../native/binding.js';
import {
  type PolicyVersion,
  SETTABLE_STATES,
  type SettableState,
  stateOf,
  type VersionState,
} from './protocol-versions.js';
import type { Policy, VersionPolicy } from './read-policy.js';

/** A policy with one version set. */
export interface VersionPolicyState {
  readonly policy: Policy;
  readonly protocol: PolicyVersion;
  readonly role: Role;
  readonly state: SettableState;
}

/** Whether the role has a version with that change, as far as the registry and the documented defaults say. */
export function versionAfter(after: VersionPolicyState, version: PolicyVersion): boolean {
  const { policy, role } = after;
  const entry = policy.protocols[version][role];
  return version === after.protocol
    ? isOn(stateOf(SETTABLE_STATES[after.state]), entry.documented)
    : isOnNow(entry);
}

/** Schannel's answer, or what registry and documentation say where it gives none. */
export const isOnNow = ({ effective, state, documented }: VersionPolicy): boolean =>
  effective ?? isOn(state, documented);

/** Whether a program that asks for nothing has a version in this state. */
export const isOn = (state: VersionState, documented: boolean | null): boolean =>
  state === 'enabled' || ((state === 'default' || state === 'allowed') && documented === true);
