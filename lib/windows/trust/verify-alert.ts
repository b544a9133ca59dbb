import { Alert } from '../../base/errors/alerts.js';

/**
 * The alert to send to a peer whose certificate was refused, by the code of the error. The choice is the same as in
 * .NET's SslStream on Windows, so that the logs of servers agree.
 */
export function alertOfVerdict(code: string): number {
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return Alert.UnknownCa;
    case 'CERT_REVOKED':
    case 'CRL_HAS_EXPIRED':
    case 'CRL_NOT_YET_VALID':
    case 'CRL_SIGNATURE_FAILURE':
    case 'UNABLE_TO_GET_CRL':
      return Alert.CertificateRevoked;
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return Alert.CertificateExpired;
    case 'ERR_SCHANNEL_PEER_CERTIFICATE_POLICY':
    case 'INVALID_PURPOSE':
    case 'CERT_UNTRUSTED':
      return Alert.UnsupportedCertificate;
    case 'ERR_SCHANNEL_PEER_CERTIFICATE_UNREADABLE':
    case 'ERR_SCHANNEL_PEER_KEY_NOT_PINNED':
    case 'CERT_REJECTED':
    case 'CERT_SIGNATURE_FAILURE':
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'INVALID_CA':
    case 'PATH_LENGTH_EXCEEDED':
      return Alert.BadCertificate;
    default:
      return Alert.CertificateUnknown;
  }
}
