import type { AlertDetails } from './schannel-error.js';

/**
 * TLS alerts by name (RFC 8446 §6, the IANA registry "TLS Alerts", and RFC 5246 §7.2 for older ones), with their
 * numbers.
 */
export const Alert = {
  CloseNotify: 0,
  UnexpectedMessage: 10,
  BadRecordMac: 20,
  DecryptionFailed: 21,
  RecordOverflow: 22,
  DecompressionFailure: 30,
  HandshakeFailure: 40,
  NoCertificate: 41,
  BadCertificate: 42,
  UnsupportedCertificate: 43,
  CertificateRevoked: 44,
  CertificateExpired: 45,
  CertificateUnknown: 46,
  IllegalParameter: 47,
  UnknownCa: 48,
  AccessDenied: 49,
  DecodeError: 50,
  DecryptError: 51,
  ExportRestriction: 60,
  ProtocolVersion: 70,
  InsufficientSecurity: 71,
  InternalError: 80,
  InappropriateFallback: 86,
  UserCanceled: 90,
  NoRenegotiation: 100,
  MissingExtension: 109,
  UnsupportedExtension: 110,
  CertificateUnobtainable: 111,
  UnrecognizedName: 112,
  BadCertificateStatusResponse: 113,
  BadCertificateHashValue: 114,
  UnknownPskIdentity: 115,
  CertificateRequired: 116,
  NoApplicationProtocol: 120,
} as const;

/** What is known about a TLS alert. */
export interface AlertEntry {
  /** Number on the wire. */
  readonly description: number;
  /** RFC name. */
  readonly name: string;
  /** What the sender says, as a clause that completes "the peer says that …". */
  readonly meaning: string;
  /** What to do when the peer sends it. */
  readonly advice: string;
  /**
   * The status that Schannel returns when it receives the alert. Several share one ("Schannel error codes for TLS and
   * SSL alerts").
   */
  readonly status: number;
}

const ILLEGAL_MESSAGE = 0x80090326;
const MESSAGE_ALTERED = 0x8009030f;
const DECRYPT_FAILURE = 0x80090330;
const CERT_UNKNOWN = 0x80090327;

type Row = readonly [description: number, name: string, status: number, meaning: string, advice: string];

const ROWS: readonly Row[] = [
  [
    Alert.CloseNotify,
    'close_notify',
    0x00090317,
    'it will send nothing more',
    'Nothing is wrong: the connection was closed in order.',
  ],
  [
    Alert.UnexpectedMessage,
    'unexpected_message',
    ILLEGAL_MESSAGE,
    'a message arrived in the wrong place',
    'Check that both sides start TLS at the same moment (STARTTLS or implicit TLS).',
  ],
  [
    Alert.BadRecordMac,
    'bad_record_mac',
    MESSAGE_ALTERED,
    'a record failed its integrity check',
    'Look for a device between the peers that changes the traffic.',
  ],
  [
    Alert.DecryptionFailed,
    'decryption_failed',
    DECRYPT_FAILURE,
    'a record could not be decrypted',
    'Look for a device between the peers that changes the traffic.',
  ],
  [
    Alert.RecordOverflow,
    'record_overflow',
    ILLEGAL_MESSAGE,
    'a record is too long',
    'Check that the peer speaks TLS on this port.',
  ],
  [
    Alert.DecompressionFailure,
    'decompression_failure',
    MESSAGE_ALTERED,
    'a record could not be decompressed',
    'Disable TLS compression on the peer.',
  ],
  [
    Alert.HandshakeFailure,
    'handshake_failure',
    ILLEGAL_MESSAGE,
    'it was offered no acceptable parameters',
    'Compare the protocol versions and cipher suites of both sides, and check whether the peer requires a client certificate.',
  ],
  [
    Alert.NoCertificate,
    'no_certificate',
    ILLEGAL_MESSAGE,
    'it has no certificate to offer',
    'Configure a certificate on the peer.',
  ],
  [
    Alert.BadCertificate,
    'bad_certificate',
    CERT_UNKNOWN,
    'our certificate is damaged or its signature is wrong',
    'Check the client certificate and its chain.',
  ],
  [
    Alert.UnsupportedCertificate,
    'unsupported_certificate',
    CERT_UNKNOWN,
    'it does not support this type of certificate',
    'Use a client certificate with a key type and extended key usage that the peer accepts.',
  ],
  [
    Alert.CertificateRevoked,
    'certificate_revoked',
    0x80092010,
    'our certificate is revoked',
    'Replace the client certificate.',
  ],
  [
    Alert.CertificateExpired,
    'certificate_expired',
    0x80090328,
    'our certificate has expired or is not yet valid',
    'Renew the client certificate and check the clocks.',
  ],
  [
    Alert.CertificateUnknown,
    'certificate_unknown',
    CERT_UNKNOWN,
    'our certificate is not acceptable',
    'See the log of the peer for the reason.',
  ],
  [
    Alert.IllegalParameter,
    'illegal_parameter',
    ILLEGAL_MESSAGE,
    'a field of the handshake is out of range',
    'Try another protocol version, and update the peer.',
  ],
  [
    Alert.UnknownCa,
    'unknown_ca',
    0x80090325,
    'it does not trust the authority that issued our certificate',
    'Install the issuing CA on the peer, and send the intermediate certificates.',
  ],
  [
    Alert.AccessDenied,
    'access_denied',
    0x8009030c,
    'our certificate is valid, but access is denied',
    'Check the permissions of this client certificate on the peer.',
  ],
  [
    Alert.DecodeError,
    'decode_error',
    ILLEGAL_MESSAGE,
    'a message could not be decoded',
    'Check that the peer speaks TLS on this port, and update it.',
  ],
  [
    Alert.DecryptError,
    'decrypt_error',
    DECRYPT_FAILURE,
    'a signature or key exchange could not be verified',
    'Run "schannel cert check" with the certificate of this side: its key may be another one, or in an older TPM that lacks the RSA-PSS signatures of TLS.',
  ],
  [
    Alert.ExportRestriction,
    'export_restriction',
    ILLEGAL_MESSAGE,
    'export rules forbid the parameters',
    'Update the peer.',
  ],
  [
    Alert.ProtocolVersion,
    'protocol_version',
    0x80090302,
    'it supports none of the offered protocol versions',
    'Widen minVersion and maxVersion, or enable a newer TLS version on the peer.',
  ],
  [
    Alert.InsufficientSecurity,
    'insufficient_security',
    0x80090331,
    'it requires stronger cipher suites than those offered',
    'Enable stronger cipher suites in Windows (Enable-TlsCipherSuite).',
  ],
  [
    Alert.InternalError,
    'internal_error',
    0x80090304,
    'it failed internally',
    'See the log of the peer for the reason.',
  ],
  [
    Alert.InappropriateFallback,
    'inappropriate_fallback',
    ILLEGAL_MESSAGE,
    'the connection was retried with a lower version than both sides support',
    'Offer the highest version at once.',
  ],
  [Alert.UserCanceled, 'user_canceled', 0x80090333, 'the handshake was cancelled', 'Try again.'],
  [
    Alert.NoRenegotiation,
    'no_renegotiation',
    ILLEGAL_MESSAGE,
    'it does not renegotiate',
    'Request the client certificate in the first handshake.',
  ],
  [
    Alert.MissingExtension,
    'missing_extension',
    ILLEGAL_MESSAGE,
    'the hello lacks a required extension',
    'Set servername if none was sent.',
  ],
  [
    Alert.UnsupportedExtension,
    'unsupported_extension',
    ILLEGAL_MESSAGE,
    'the handshake has an extension that was not requested',
    'Update the peer.',
  ],
  [
    Alert.CertificateUnobtainable,
    'certificate_unobtainable',
    ILLEGAL_MESSAGE,
    'it could not download our certificate',
    'Send the certificates in the handshake.',
  ],
  [
    Alert.UnrecognizedName,
    'unrecognized_name',
    ILLEGAL_MESSAGE,
    'it has no certificate for the requested server name',
    'Check servername.',
  ],
  [
    Alert.BadCertificateStatusResponse,
    'bad_certificate_status_response',
    ILLEGAL_MESSAGE,
    'the stapled OCSP response is not valid',
    'Renew the stapled OCSP response.',
  ],
  [
    Alert.BadCertificateHashValue,
    'bad_certificate_hash_value',
    ILLEGAL_MESSAGE,
    'a certificate hash does not match',
    'Update the peer.',
  ],
  [
    Alert.UnknownPskIdentity,
    'unknown_psk_identity',
    ILLEGAL_MESSAGE,
    'it does not know the pre-shared key',
    'Use certificates: Schannel does not support pre-shared keys.',
  ],
  [
    Alert.CertificateRequired,
    'certificate_required',
    ILLEGAL_MESSAGE,
    'it requires a client certificate and received none',
    'Set the options certificate, pfx, or cert and key. "schannel cert check" says why a certificate is not sent.',
  ],
  [
    Alert.NoApplicationProtocol,
    'no_application_protocol',
    0x80090367,
    'it supports none of the offered application protocols',
    'Offer a protocol in ALPNProtocols that the peer supports.',
  ],
];

/** Every alert that the library knows, by number. */
export const ALERT_TABLE: readonly AlertEntry[] = Object.freeze(
  ROWS.map(([description, name, status, meaning, advice]) =>
    Object.freeze({ description, name, status, meaning, advice }),
  ),
);

const byDescription = new Map(ALERT_TABLE.map((entry) => [entry.description, entry]));

/** The entry of an alert number; null for one that is not assigned. */
export const describeAlert = (description: number): AlertEntry | null =>
  byDescription.get(description) ?? null;

/** RFC name of an alert number, 'alert_99' for one that is not assigned. */
export const alertName = (description: number): string =>
  describeAlert(description)?.name ?? `alert_${String(description)}`;

/** An alert as errors carry it. */
export const alertDetails = (description: number, direction: AlertDetails['direction']): AlertDetails => ({
  description,
  name: alertName(description),
  direction,
});

/**
 * The status that Schannel returns when it receives this alert; SEC_E_ILLEGAL_MESSAGE for unknown ones, as Schannel
 * does.
 * @see https://learn.microsoft.com/windows/win32/secauthn/schannel-error-codes-for-tls-and-ssl-alerts
 */
export const statusOfAlert = (description: number): number =>
  describeAlert(description)?.status ?? ILLEGAL_MESSAGE;

/** The alerts that Schannel turns into this status, by number; empty when no alert does. */
export const alertsOfStatus = (status: number): readonly AlertEntry[] =>
  ALERT_TABLE.filter((entry) => entry.status === status >>> 0);
