import type { NativeChainElement } from '../../native/binding.js';
import { parseCertificate } from '../../formats/x509/certificate-of.js';
import type { VerifyCode } from './verify-texts.js';

/** A fault and the chain in which it was found. */
export interface ChainFault {
  /** CERT_TRUST_* bit of the fault; 0 if only the SSL policy has it. */
  readonly bit: number;
  /** Windows status of the fault. */
  readonly status: number;
  /** Index of the first element that has it; null if it concerns the whole chain. */
  readonly element: number | null;
  /** The chain that was built, leaf first. */
  readonly chain: readonly NativeChainElement[];
  /** When the chain was verified, milliseconds since 1970. */
  readonly now: number;
}

const IS_CYCLIC = 0x80;
/** CERT_TRUST_CTL_*: faults of a certificate trust list. */
const CTL_FAULTS = 0xe0000;
/** CERT_TRUST_IS_SELF_SIGNED, an information bit. */
const IS_SELF_SIGNED = 0x8;

/**
 * Node's code for a fault. Windows has fewer statuses than OpenSSL, so some codes depend on the length of the chain
 * and on its certificates.
 */
export function verifyCode(fault: ChainFault): VerifyCode {
  if ((fault.bit & CTL_FAULTS) !== 0) return 'CERT_UNTRUSTED';
  if (fault.bit === IS_CYCLIC) return 'UNABLE_TO_GET_ISSUER_CERT';
  const only = fault.chain.length <= 1;
  switch (fault.status) {
    case 0x80096004: // TRUST_E_CERT_SIGNATURE
    case 0x80094016: // CERTSRV_E_WEAK_SIGNATURE_OR_KEY
      return 'CERT_SIGNATURE_FAILURE';
    case 0x80092010: // CRYPT_E_REVOKED
      return 'CERT_REVOKED';
    case 0x800b010a: // CERT_E_CHAINING
      return only ? 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' : 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY';
    case 0x800b0109: // CERT_E_UNTRUSTEDROOT
      return only && hasSelfSignedFlag(fault.chain[0])
        ? 'DEPTH_ZERO_SELF_SIGNED_CERT'
        : 'SELF_SIGNED_CERT_IN_CHAIN';
    case 0x800b0101: // CERT_E_EXPIRED
      return startsAfter(elementOf(fault), fault.now) ? 'CERT_NOT_YET_VALID' : 'CERT_HAS_EXPIRED';
    case 0x800b0110: // CERT_E_WRONG_USAGE
    case 0x800b0106: // CERT_E_PURPOSE
      return 'INVALID_PURPOSE';
    case 0x80096019: // TRUST_E_BASIC_CONSTRAINTS
      return fault.chain.slice(1).every(isAuthority) && !only ? 'PATH_LENGTH_EXCEEDED' : 'INVALID_CA';
    case 0x800b0103: // CERT_E_ROLE
      return 'INVALID_CA';
    case 0x800b0104: // CERT_E_PATHLENCONST
      return 'PATH_LENGTH_EXCEEDED';
    case 0x80092012: // CRYPT_E_NO_REVOCATION_CHECK
    case 0x80092013: // CRYPT_E_REVOCATION_OFFLINE
      return 'UNABLE_TO_GET_CRL';
    default:
      return 'CERT_REJECTED';
  }
}

const elementOf = (fault: ChainFault): NativeChainElement | undefined => fault.chain[fault.element ?? 0];

const hasSelfSignedFlag = (element: NativeChainElement | undefined): boolean =>
  element !== undefined && (element.infoStatus & IS_SELF_SIGNED) !== 0;

const isAuthority = (element: NativeChainElement): boolean =>
  parseCertificate(element.certificate)?.ca === true;

/** Windows has one status for "expired" and "not valid yet". */
function startsAfter(element: NativeChainElement | undefined, now: number): boolean {
  const certificate = parseCertificate(element?.certificate);
  return certificate !== null && Date.parse(certificate.validFrom) > now;
}
