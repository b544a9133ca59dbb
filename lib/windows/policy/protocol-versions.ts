import type { Role } from '../../native/binding.js';

/** The versions that Schannel has keys for, by the names of these keys. */
export const POLICY_VERSIONS = [
  'SSL 2.0',
  'SSL 3.0',
  'TLS 1.0',
  'TLS 1.1',
  'TLS 1.2',
  'TLS 1.3',
  'DTLS 1.0',
  'DTLS 1.2',
] as const;

export type PolicyVersion = (typeof POLICY_VERSIONS)[number];

export const ROLES: readonly Role[] = ['client', 'server'];

/** SP_PROT_* of schannel.h. */
export const VERSION_BITS: Readonly<Record<PolicyVersion, Readonly<Record<Role, number>>>> = {
  'SSL 2.0': { client: 0x8, server: 0x4 },
  'SSL 3.0': { client: 0x20, server: 0x10 },
  'TLS 1.0': { client: 0x80, server: 0x40 },
  'TLS 1.1': { client: 0x200, server: 0x100 },
  'TLS 1.2': { client: 0x800, server: 0x400 },
  'TLS 1.3': { client: 0x2000, server: 0x1000 },
  'DTLS 1.0': { client: 0x20000, server: 0x10000 },
  'DTLS 1.2': { client: 0x80000, server: 0x40000 },
};

/**
 * What the two values of a version mean together ("Transport Layer Security (TLS) registry settings").
 *
 * - `default`: nothing is said.
 * - `enabled`: used, unless a program excludes it.
 * - `allowed`: it may be used, and whether it is without being named is Windows' default: only `Enabled` is there.
 * - `disabled`: never used, whatever a program asks for.
 * - `disabled by default`: only for programs that name it by the old SCHANNEL_CRED.
 */
export type VersionState = 'default' | 'enabled' | 'allowed' | 'disabled' | 'disabled by default';

/** DWORDs of a version for one role; null is absent. */
export interface VersionValues {
  readonly enabled: number | null;
  readonly disabledByDefault: number | null;
}

/** Tools write 1 or 0xFFFFFFFF for "on": what counts is whether it is 0. */
export function stateOf({ enabled, disabledByDefault }: VersionValues): VersionState {
  if (enabled === 0) return 'disabled';
  if (disabledByDefault !== null && disabledByDefault !== 0) return 'disabled by default';
  if (enabled === null) return 'default';
  return disabledByDefault === null ? 'allowed' : 'enabled';
}

/** States that can be set. They write both values, so that nothing depends on a default. */
export const SETTABLE_STATES = {
  on: { enabled: 1, disabledByDefault: 0 },
  off: { enabled: 0, disabledByDefault: 1 },
  'by-default-off': { enabled: 1, disabledByDefault: 1 },
  default: { enabled: null, disabledByDefault: null },
} as const satisfies Record<string, VersionValues>;

export type SettableState = keyof typeof SETTABLE_STATES;
