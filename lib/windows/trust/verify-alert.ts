/** TLS alerts (RFC 8446 §6.2) that a verdict can lead to. */
const BAD_CERTIFICATE = 42;
const UNSUPPORTED_CERTIFICATE = 43;
const CERTIFICATE_REVOKED = 44;
const CERTIFICATE_EXPIRED = 45;
const CERTIFICATE_UNKNOWN = 46;
const UNKNOWN_CA = 48;

/**
 * The alert to send to a peer whose certificate was refused, by the code of the error. The choice is that of .NET's
 * SslStream on Windows, so that servers' logs say the same of both.
 */
export function alertOfVerdict(code: string): number {
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return UNKNOWN_CA;
    case 'CERT_REVOKED':
    case 'CRL_HAS_EXPIRED':
    case 'CRL_NOT_YET_VALID':
    case 'CRL_SIGNATURE_FAILURE':
    case 'UNABLE_TO_GET_CRL':
      return CERTIFICATE_REVOKED;
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return CERTIFICATE_EXPIRED;
    case 'INVALID_PURPOSE':
    case 'CERT_UNTRUSTED':
      return UNSUPPORTED_CERTIFICATE;
    case 'ERR_SCHANNEL_PEER_CERTIFICATE_UNREADABLE':
    case 'CERT_REJECTED':
    case 'CERT_SIGNATURE_FAILURE':
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'INVALID_CA':
    case 'PATH_LENGTH_EXCEEDED':
      return BAD_CERTIFICATE;
    default:
      return CERTIFICATE_UNKNOWN;
  }
}
