import type { Role } from '../../native/binding.js';
import { callNative } from '../../native/promises.js';
import { type RegistryKey, valueIn } from '../registry/registry.js';
import { listOf, numberOf } from '../registry/registry-value.js';
import { effectiveBits } from './effective-versions.js';
import {
  FIPS_KEY,
  GROUPS_VALUE,
  LOCAL_SUITES_KEY,
  POLICY_SUITES_KEY,
  SCHANNEL_KEY,
  SUITES_VALUE,
  versionKey,
} from './keys.js';
import { OTHER_STACKS, OTHER_VALUES, type OtherValueEntry } from './other-values.js';
import { type PolicySystem, thisPolicySystem } from './policy-system.js';
import {
  POLICY_VERSIONS,
  type PolicyVersion,
  ROLES,
  stateOf,
  VERSION_BITS,
  type VersionState,
  type VersionValues,
} from './protocol-versions.js';
import { DEFAULT_GROUPS, defaultSuites, documentedDefault, releaseOf } from './windows-defaults.js';

/** Who decides something. A value in the registry may be anyone's: group policy preferences leave no mark there. */
export type DecidedBy = 'windows' | 'registry' | 'group policy';

export interface VersionPolicy {
  readonly state: VersionState;
  readonly decidedBy: DecidedBy;
  readonly values: VersionValues;
  /** The key of the registry, below HKEY_LOCAL_MACHINE, whether it is there or not. */
  readonly key: string;
  /** When the key was last written; null if it is not there. */
  readonly written: Date | null;
  /** The documented default of this Windows; null if it does not have the version, or is not documented. */
  readonly documented: boolean | null;
  /**
   * Whether a new credential has the version: Schannel's own answer. Null if it gives none; for DTLS it never does,
   * since a credential for TLS was asked.
   */
  readonly effective: boolean | null;
}

export interface ListPolicy {
  /** What a group policy lists; null without one. It takes the place of `local` as a whole. */
  readonly policy: readonly string[] | null;
  /** The list of this machine; null if the registry has none. */
  readonly local: readonly string[] | null;
  /** The documented list of this Windows; null if it is not documented. */
  readonly documented: readonly string[] | null;
  readonly decidedBy: DecidedBy;
}

export interface SuitePolicy extends ListPolicy {
  /** What BCryptEnumContextFunctions lists; null if Windows doesn't say. */
  readonly effective: readonly string[] | null;
}

/** A single number. */
export interface OtherValue extends OtherValueEntry {
  /** Null if it is absent. */
  readonly value: number | null;
}

/** The TLS settings of a machine. */
export interface Policy {
  readonly format: 'schannel-policy/1';
  readonly build: number;
  /** 'Windows 11 23H2'. */
  readonly release: string;
  /** Wine's version; null on Windows. */
  readonly wine: string | null;
  readonly protocols: Readonly<Record<PolicyVersion, Readonly<Record<Role, VersionPolicy>>>>;
  readonly suites: SuitePolicy;
  /** Elliptic curves and other groups. */
  readonly groups: ListPolicy;
  /** Signature algorithms in their order: 'RSAE-PSS/SHA256'. Null if Windows doesn't say. */
  readonly signatureAlgorithms: readonly string[] | null;
  readonly fips: {
    /** Null if Windows doesn't say. */
    readonly effective: boolean | null;
    readonly enabled: number | null;
    readonly mdmEnabled: number | null;
  };
  /** ClientAuthTrustMode. Null: absent, which means 0. */
  readonly clientAuthTrust: number | null;
  /** EventLogging: bits 1 errors, 2 warnings, 4 information and success. Null: absent, which means 1. */
  readonly eventLogging: number | null;
  readonly others: readonly OtherValue[];
  /** Settings that other programs read, and Schannel does not. */
  readonly otherStacks: readonly OtherValue[];
}

/**
 * Reads the TLS settings of this machine, and asks Schannel what they result in. Needs no administrator.
 *
 * @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM; ERR_SCHANNEL_POLICY_ACCESS_DENIED, ERR_SCHANNEL_SYSTEM_… if
 *   the registry cannot be read
 */
export const readPolicy = async (): Promise<Policy> => readPolicyOf(thisPolicySystem());

/** NCRYPT_SCHANNEL_INTERFACE. */
export const SUITE_INTERFACE = 0x10002;
/** NCRYPT_SCHANNEL_SIGNATURE_INTERFACE. */
const SIGNATURE_INTERFACE = 0x10003;
/** CRYPT_LOCAL. */
export const LOCAL_TABLE = 1;

/** As {@link readPolicy}, of a given system. */
export async function readPolicyOf({ registry, addon }: PolicySystem): Promise<Policy> {
  const { build, wine } = addon.platform;
  const [schannel, local, policy, fips, bits, effective, signatureAlgorithms] = await Promise.all([
    registry.read(SCHANNEL_KEY, 3),
    registry.read(LOCAL_SUITES_KEY),
    registry.read(POLICY_SUITES_KEY),
    registry.read(FIPS_KEY),
    Promise.all(ROLES.map((role) => effectiveBits(addon, role).catch(() => 0))),
    listedBy(addon, SUITE_INTERFACE),
    listedBy(addon, SIGNATURE_INTERFACE),
  ]);
  const stacks = await Promise.all(
    [...new Set(OTHER_STACKS.map(({ key }) => key))].map((key) => registry.read(key)),
  );
  const number = (keys: readonly RegistryKey[], path: string, name: string): number | null =>
    numberOf(valueIn(keyIn(keys, path), name));
  const others = (entries: readonly OtherValueEntry[], keys: readonly RegistryKey[]): OtherValue[] =>
    entries.map((entry) => ({ ...entry, value: number(keys, entry.key, entry.name) }));
  const list = (name: string, documented: readonly string[] | null): ListPolicy => {
    const byPolicy = listOf(valueIn(policy[0], name));
    const byMachine = listOf(valueIn(local[0], name));
    const isChanged = documented !== null && byMachine !== null && !sameList(byMachine, documented);
    const decidedBy = byPolicy !== null ? 'group policy' : isChanged ? 'registry' : 'windows';
    return { policy: byPolicy, local: byMachine, documented, decidedBy };
  };
  const version = (name: PolicyVersion, role: Role): VersionPolicy => {
    const key = versionKey(name, role);
    const values = {
      enabled: number(schannel, key, 'Enabled'),
      disabledByDefault: number(schannel, key, 'DisabledByDefault'),
    };
    const state = stateOf(values);
    const reported = bits[ROLES.indexOf(role)] ?? 0;
    return {
      state,
      decidedBy: state === 'default' || isFactoryState(name, role, values) ? 'windows' : 'registry',
      values,
      key,
      written: keyIn(schannel, key)?.written ?? null,
      documented: documentedDefault(build, name, role),
      effective:
        reported === 0 || name.startsWith('DTLS') ? null : (reported & VERSION_BITS[name][role]) !== 0,
    };
  };
  return {
    format: 'schannel-policy/1',
    build,
    release: releaseOf(build),
    wine,
    protocols: forEachVersion((name) => ({
      client: version(name, 'client'),
      server: version(name, 'server'),
    })),
    suites: { ...list(SUITES_VALUE, defaultSuites(build)), effective },
    groups: list(GROUPS_VALUE, DEFAULT_GROUPS),
    signatureAlgorithms,
    fips: {
      effective: fipsMode(addon),
      enabled: number(fips, FIPS_KEY, 'Enabled'),
      mdmEnabled: number(fips, FIPS_KEY, 'MDMEnabled'),
    },
    clientAuthTrust: number(schannel, SCHANNEL_KEY, 'ClientAuthTrustMode'),
    eventLogging: number(schannel, SCHANNEL_KEY, 'EventLogging'),
    others: others(OTHER_VALUES, schannel),
    otherStacks: others(OTHER_STACKS, stacks.flat()),
  };
}

/** What Windows lists of an interface; null if it gives no list. */
const listedBy = (addon: PolicySystem['addon'], interfaceId: number): Promise<readonly string[] | null> =>
  callNative<readonly string[]>({ phase: 'policy' }, (callback) => {
    addon.contextFunctions(LOCAL_TABLE, interfaceId, callback);
  }).catch(() => null);

/** The list that holds: that of a group policy, of this machine, or the documented one; null if none is known. */
export const listInForce = ({ policy, local, documented }: ListPolicy): readonly string[] | null =>
  policy ?? local ?? documented;

export const sameList = (a: readonly string[], b: readonly string[] | null): boolean =>
  b !== null && a.length === b.length && a.every((text, at) => text === b[at]);

const forEachVersion = <Value>(make: (name: PolicyVersion) => Value): Record<PolicyVersion, Value> =>
  Object.fromEntries(POLICY_VERSIONS.map((name) => [name, make(name)])) as Record<PolicyVersion, Value>;

/** The one value that a new Windows has. */
const isFactoryState = (name: PolicyVersion, role: Role, values: VersionValues): boolean =>
  name === 'SSL 2.0' && role === 'client' && values.enabled === null && values.disabledByDefault === 1;

/** Names of keys have no case. */
const keyIn = (keys: readonly RegistryKey[], path: string): RegistryKey | undefined =>
  keys.find((key) => key.path.toLowerCase() === path.toLowerCase());

function fipsMode(addon: PolicySystem['addon']): boolean | null {
  try {
    return addon.isFipsMode();
  } catch {
    return null;
  }
}
