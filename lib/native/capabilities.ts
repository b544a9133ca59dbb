import type { NativePlatform } from './binding.js';

/** What this Windows can do. No other file in lib/ knows builds, or Wine. */
export interface Capabilities {
  /**
   * TLS 1.3, which needs SCH_CREDENTIALS, from Windows 11 and Server 2022 on ("Protocols in TLS/SSL (Schannel SSP)").
   * Windows 10 1809 has the structure already, and TLS 1.3 can be switched on in the registry of later builds, but it
   * is experimental there and fails with large sites.
   */
  readonly tls13: boolean;
  /** TLS_PARAMETERS limit the versions. Wine 10 ignores them, and uses the bits of SCHANNEL_CRED. */
  readonly tlsParameters: boolean;
  /**
   * A client's handshake stops when a server asks for a certificate (SEC_I_INCOMPLETE_CREDENTIALS), and Windows reports
   * the names that the server accepts. Wine 10 answers the request itself with the certificate of the credential.
   */
  readonly certificateRequests: boolean;
  /**
   * A certificate store saves each change immediately ("CertControlStore function"). Wine 10 saves additions when the
   * store closes, and removals and changes only on request.
   */
  readonly storesWriteThrough: boolean;
  /**
   * A client can prevent resumption ("SCHANNEL_SESSION_TOKEN structure"). Wine 10 refuses the token, and never
   * resumes.
   */
  readonly reconnectControl: boolean;
  /** A handshake can begin within a connection. Wine 10 takes the empty token for an incomplete record. */
  readonly renegotiation: boolean;
  /** Tickets of TLS 1.3 are reported (SEC_I_RENEGOTIATE). Wine 10 leaves them to GnuTLS. */
  readonly tickets: boolean;
  /** Alert 116 (RFC 8446 §6.2) can be sent. Wine 10 knows no number above 115. */
  readonly certificateRequiredAlert: boolean;
  /** CERT_STORE_CTRL_NOTIFY_CHANGE reports changes. Wine 10 accepts it, but never reports any. */
  readonly storeNotifications: boolean;
  /** A service can have a security identifier in its token (SERVICE_CONFIG_SERVICE_SID_INFO). Wine 10 refuses it. */
  readonly serviceSids: boolean;
}

const BUILD_SERVER_2022 = 20348;

export function capabilitiesOf(platform: NativePlatform): Capabilities {
  // Wine reports the build of some Windows 10. Its TLS versions are those of GnuTLS.
  if (platform.wine !== null)
    return {
      tls13: true,
      tlsParameters: false,
      certificateRequests: false,
      storesWriteThrough: false,
      storeNotifications: false,
      certificateRequiredAlert: false,
      renegotiation: false,
      reconnectControl: false,
      tickets: false,
      serviceSids: false,
    };
  return {
    tls13: platform.build >= BUILD_SERVER_2022,
    tlsParameters: true,
    certificateRequests: true,
    storesWriteThrough: true,
    storeNotifications: true,
    certificateRequiredAlert: true,
    renegotiation: true,
    reconnectControl: true,
    tickets: true,
    serviceSids: true,
  };
}
