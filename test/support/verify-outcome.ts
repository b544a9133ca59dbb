import type { NativeChainElement, NativeVerifyOutcome } from '#lib/native/binding.js';

/** CERT_TRUST_* error bits (wincrypt.h). */
export const Trust = {
  NOT_TIME_VALID: 0x1,
  NOT_TIME_NESTED: 0x2,
  REVOKED: 0x4,
  NOT_SIGNATURE_VALID: 0x8,
  NOT_VALID_FOR_USAGE: 0x10,
  UNTRUSTED_ROOT: 0x20,
  REVOCATION_STATUS_UNKNOWN: 0x40,
  CYCLIC: 0x80,
  INVALID_EXTENSION: 0x100,
  INVALID_POLICY_CONSTRAINTS: 0x200,
  INVALID_BASIC_CONSTRAINTS: 0x400,
  NOT_PERMITTED_NAME_CONSTRAINT: 0x4000,
  PARTIAL_CHAIN: 0x10000,
  CTL_NOT_TIME_VALID: 0x20000,
  WEAK_SIGNATURE: 0x100000,
  WEAK_HYGIENE: 0x200000,
  OFFLINE_REVOCATION: 0x1000000,
  NO_ISSUANCE_CHAIN_POLICY: 0x2000000,
  EXPLICIT_DISTRUST: 0x4000000,
  NOT_SUPPORTED_CRITICAL_EXT: 0x8000000,
} as const;

/** CERT_TRUST_IS_SELF_SIGNED, an information bit. */
export const SELF_SIGNED = 0x8;

/** An element of a scripted chain. */
export const chainElement = (
  certificate: Uint8Array,
  faults: Partial<Omit<NativeChainElement, 'certificate'>> = {},
): NativeChainElement => ({ certificate, errorStatus: 0, infoStatus: 0, revocation: null, ...faults });

/**
 * What Windows would say of these elements: the status of the context is the sum of theirs and of `errorStatus`, for
 * faults that belong to no element.
 */
export function outcomeOf(
  elements: readonly NativeChainElement[],
  { errorStatus = 0, policy = 0, policyElement = -1 } = {},
): NativeVerifyOutcome {
  return {
    status: 0,
    syscall: 'CertGetCertificateChain',
    errorStatus: elements.reduce((bits, element) => bits | element.errorStatus, errorStatus) >>> 0,
    infoStatus: 0,
    policy: { error: policy, chainIndex: policy === 0 ? -1 : 0, elementIndex: policyElement },
    elements,
  };
}
