/** One kind of fault that CertGetCertificateChain reports as a bit of dwErrorStatus. */
export interface TrustFault {
  /** CERT_TRUST_* bit. */
  readonly bit: number;
  /** Its name without the prefix, e.g. 'IS_NOT_TIME_VALID'. */
  readonly name: string;
  /** The status that Windows' policies give for it. */
  readonly status: number;
}

type Row = readonly [bit: number, name: string, status: number];

/**
 * Most severe first; the first fault found is reported. A forged signature makes every other statement about the chain
 * worthless, while unknown revocation says nothing against it. Bits: wincrypt.h, CERT_TRUST_STATUS.
 */
const ROWS: readonly Row[] = [
  [0x00000008, 'IS_NOT_SIGNATURE_VALID', 0x80096004],
  [0x00100000, 'HAS_WEAK_SIGNATURE', 0x80094016],
  // Of the policy for weak cryptography (CERT_CHAIN_ENABLE_…_HYGIENE_FLAG in wincrypt.h).
  [0x00200000, 'HAS_WEAK_HYGIENE', 0x80094016],
  [0x00000004, 'IS_REVOKED', 0x80092010],
  [0x04000000, 'IS_EXPLICIT_DISTRUST', 0x800b0111],
  [0x00010000, 'IS_PARTIAL_CHAIN', 0x800b010a],
  [0x00000020, 'IS_UNTRUSTED_ROOT', 0x800b0109],
  [0x00000080, 'IS_CYCLIC', 0x800b010a],
  [0x00000001, 'IS_NOT_TIME_VALID', 0x800b0101],
  [0x00000010, 'IS_NOT_VALID_FOR_USAGE', 0x800b0110],
  [0x00000400, 'INVALID_BASIC_CONSTRAINTS', 0x80096019],
  [0x00000800, 'INVALID_NAME_CONSTRAINTS', 0x800b0114],
  [0x00001000, 'HAS_NOT_SUPPORTED_NAME_CONSTRAINT', 0x800b0114],
  [0x00002000, 'HAS_NOT_DEFINED_NAME_CONSTRAINT', 0x800b0114],
  [0x00004000, 'HAS_NOT_PERMITTED_NAME_CONSTRAINT', 0x800b0114],
  [0x00008000, 'HAS_EXCLUDED_NAME_CONSTRAINT', 0x800b0114],
  [0x00000200, 'INVALID_POLICY_CONSTRAINTS', 0x800b0113],
  [0x02000000, 'NO_ISSUANCE_CHAIN_POLICY', 0x800b0113],
  [0x00000100, 'INVALID_EXTENSION', 0x800b0108],
  [0x08000000, 'HAS_NOT_SUPPORTED_CRITICAL_EXT', 0x800b0105],
  [0x00040000, 'CTL_IS_NOT_SIGNATURE_VALID', 0x80096004],
  [0x00020000, 'CTL_IS_NOT_TIME_VALID', 0x800b0101],
  [0x00080000, 'CTL_IS_NOT_VALID_FOR_USAGE', 0x800b0110],
  [0x01000000, 'IS_OFFLINE_REVOCATION', 0x80092013],
  [0x00000040, 'REVOCATION_STATUS_UNKNOWN', 0x80092012],
  [0x00000002, 'IS_NOT_TIME_NESTED', 0x800b0102],
];

/** Every fault that the library knows, most severe first. */
export const TRUST_FAULTS: readonly TrustFault[] = Object.freeze(
  ROWS.map(([bit, name, status]) => Object.freeze({ bit, name, status })),
);

const KNOWN_BITS = TRUST_FAULTS.reduce((bits, fault) => bits | fault.bit, 0);

/** An unknown bit counts as a fault: what is not understood is not trusted. TRUST_E_FAIL. */
const unknownFault = (bits: number): TrustFault => ({
  bit: bits >>> 0,
  name: `0x${(bits >>> 0).toString(16).padStart(8, '0')}`,
  status: 0x800b010b,
});

/** The faults in a dwErrorStatus, most severe first. Unknown bits come before all others, as one fault. */
export function trustFaults(errorStatus: number): readonly TrustFault[] {
  const unknown = errorStatus & ~KNOWN_BITS;
  const known = TRUST_FAULTS.filter((fault) => (errorStatus & fault.bit) !== 0);
  return unknown === 0 ? known : [unknownFault(unknown), ...known];
}

/** The SSL policy has different statuses for three faults than the base policy. */
const POLICY_SYNONYMS: ReadonlyMap<number, number> = new Map([
  [0x800b010c, 0x80092010], // CERT_E_REVOKED: CRYPT_E_REVOKED
  [0x800b010e, 0x80092013], // CERT_E_REVOCATION_FAILURE: CRYPT_E_REVOCATION_OFFLINE
  [0x800b010d, 0x800b0109], // CERT_E_UNTRUSTEDTESTROOT: CERT_E_UNTRUSTEDROOT
]);

/** The fault for a status of the SSL policy; null if only the policy has it (CERT_E_ROLE, CERT_E_PURPOSE). */
export function faultOfPolicy(status: number): TrustFault | null {
  const same = POLICY_SYNONYMS.get(status) ?? status;
  return TRUST_FAULTS.find((fault) => fault.status === same) ?? null;
}
