import type { NativePlatform } from './binding.js';

/** What this Windows can do; the one place of lib that knows builds, and that knows of Wine. */
export interface Capabilities {
  /**
   * TLS 1.3, and SCH_CREDENTIALS, by which alone it is had, from Windows 11 and Server 2022 on ("Protocols in TLS/SSL
   * (Schannel SSP)"). Windows 10 1809 knows the structure already, and later ones can be switched to TLS 1.3 by registry, but what
   * they have is experimental and fails against large sites.
   */
  readonly tls13: boolean;
  /** TLS_PARAMETERS limit the versions. Wine 10 ignores them, and honours SCHANNEL_CRED's bits instead. */
  readonly tlsParameters: boolean;
  /**
   * A client hears of a server's request for a certificate when it comes (SEC_I_INCOMPLETE_CREDENTIALS), with the names
   * that the server accepts. Wine 10 answers such a request by itself, with what the credential has.
   */
  readonly certificateRequests: boolean;
  /**
   * A certificate store keeps each change at once ("CertControlStore function"). Wine 10 keeps what was added when the
   * store is closed, and what was removed or changed only when it is told to.
   */
  readonly storesWriteThrough: boolean;
  /**
   * A client can have no session resumed ("SCHANNEL_SESSION_TOKEN structure"). Wine 10 refuses the token, and resumes
   * none.
   */
  readonly reconnectControl: boolean;
  /** A handshake can be begun within a connection. Wine 10 takes an empty token for a record that is cut short. */
  readonly renegotiation: boolean;
  /** Alert 116 (RFC 8446 §6.2) can be sent. Wine 10 knows no number above 115. */
  readonly certificateRequiredAlert: boolean;
  /** CERT_STORE_CTRL_NOTIFY_CHANGE tells of changes. Wine 10 takes the order, and never tells of any. */
  readonly storeNotifications: boolean;
}

const BUILD_SERVER_2022 = 20348;

export function capabilitiesOf(platform: NativePlatform): Capabilities {
  // Wine reports the build of some Windows 10 whatever it can do; its TLS versions are those of GnuTLS.
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
  };
}
