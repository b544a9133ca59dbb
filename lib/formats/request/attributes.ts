/** Identifiers of the attributes of a request that are read or written here. */
export const ATTRIBUTE = {
  /** pkcs-9-at-extensionRequest (RFC 2985 §5.4.2). */
  extensionRequest: '1.2.840.113549.1.9.14',
  /** szOID_CERT_EXTENSIONS: the same, of older tools of Windows ([MS-WCCE] §2.2.2.7.7). */
  windowsExtensions: '1.3.6.1.4.1.311.2.1.14',
  /** pkcs-9-at-challengePassword (RFC 2985 §5.4.1). */
  challengePassword: '1.2.840.113549.1.9.7',
} as const;
