import type { Role } from '../../native/binding.js';
import type { PolicyVersion } from './protocol-versions.js';

/** Keys of the registry below HKEY_LOCAL_MACHINE. */
export const SCHANNEL_KEY = 'SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL';
export const PROTOCOLS_KEY = `${SCHANNEL_KEY}\\Protocols`;

/** Cipher suites and groups of this machine, and those of a group policy, which take their place as a whole. */
export const LOCAL_SUITES_KEY =
  'SYSTEM\\CurrentControlSet\\Control\\Cryptography\\Configuration\\Local\\SSL\\00010002';
/** Signature algorithms of this machine, in a value as that of suites. */
export const LOCAL_SIGNATURES_KEY =
  'SYSTEM\\CurrentControlSet\\Control\\Cryptography\\Configuration\\Local\\SSL\\00010003';
export const POLICY_SUITES_KEY = 'SOFTWARE\\Policies\\Microsoft\\Cryptography\\Configuration\\SSL\\00010002';

export const FIPS_KEY = 'SYSTEM\\CurrentControlSet\\Control\\Lsa\\FipsAlgorithmPolicy';

/** Names of the values of the keys above. */
export const SUITES_VALUE = 'Functions';
export const GROUPS_VALUE = 'EccCurves';

export const versionKey = (version: PolicyVersion, role: Role): string =>
  `${PROTOCOLS_KEY}\\${version}\\${role === 'client' ? 'Client' : 'Server'}`;
