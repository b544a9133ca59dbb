import type { StartTlsProtocolName } from '../../../adapters/starttls/start-tls.js';
import type { Finding } from '../../../tls/identity/preflight/finding.js';

/** What was asked about. */
export interface DiagnosedTarget {
  readonly host: string;
  readonly port: number;
  /** The name that is sent and expected in the certificate. */
  readonly servername: string;
  /** Null: TLS begins at once. */
  readonly starttls: StartTlsProtocolName | null;
}

/** A proxy that the environment names. */
export interface ProxySetting {
  /** 'HTTPS_PROXY'. */
  readonly variable: string;
  /** Without user and password. */
  readonly url: string;
}

/** What a report of schannel/probe says, as far as it counts here. */
export interface SeenTls {
  readonly versions: Readonly<
    Record<
      string,
      { readonly offered: boolean | null; readonly suites: readonly { readonly name: string }[] }
    >
  >;
  readonly certificates: readonly {
    readonly chain: readonly {
      readonly subject: string | null;
      readonly issuer: string | null;
      readonly fingerprint256: string;
    }[];
    readonly clientAuthorities: number | null;
  }[];
  readonly unsure: readonly string[];
}

/** What decides on this machine, as far as it counts here: an answer of `explainServer()`. */
export interface MachineEvidence {
  readonly release: string;
  readonly wine: string | null;
  readonly compared: readonly {
    readonly decision: {
      readonly subject: string;
      readonly kind: 'version' | 'suite';
      readonly answer: 'yes' | 'no' | 'unknown';
      readonly rule: string;
      readonly text: string;
      readonly remedy: string | null;
    };
    readonly seen: boolean | null;
  }[];
  readonly lacking: {
    readonly kind: 'version' | 'suite';
    readonly decision: {
      readonly subject: string;
      readonly text: string;
      readonly remedy: string | null;
    } | null;
  } | null;
}

/** How a connection by Schannel went. */
export interface Attempt {
  /** Null if the handshake failed. */
  readonly connected: { readonly protocol: string | null; readonly cipherSuite: string | null } | null;
  /** What ended it, before or after the handshake; null if nothing did. */
  readonly error: Error | null;
  /** Null without a handshake. */
  readonly trust: {
    /** Why the chain is not trusted. */
    readonly chainError: Error | null;
    /** Why the certificate is not for the name. */
    readonly nameError: Error | null;
    readonly revocation: 'not-checked' | 'good' | 'unknown' | 'revoked';
    /** The chain that Windows built, that of the server first. */
    readonly chain: readonly {
      readonly subject: string;
      /** SHA-256 in capitals. */
      readonly fingerprint256: string;
      readonly isSelfSigned: boolean;
    }[];
  } | null;
  /**
   * Names of the authorities that the server accepts in a certificate, empty for any. Null if it did not ask, or
   * Windows does not say (Wine).
   */
  readonly authorities: readonly string[] | null;
  /** A certificate was given to the server if it asked for one. */
  readonly certificate: boolean;
}

/** A certificate of a personal store, and whether it could be sent to this server. */
export interface OwnCertificate {
  readonly subject: string;
  readonly thumbprint: string;
  /** 'CurrentUser\\MY'. */
  readonly store: string;
  readonly validTo: string;
  /** One of the accepted authorities issued it, or the server accepts any. */
  readonly accepted: boolean;
  /** Why a client cannot use it. */
  readonly problems: readonly Pick<Finding, 'code' | 'meaning' | 'remedy'>[];
}

/** Everything that was found out. */
export interface Evidence {
  readonly target: DiagnosedTarget;
  readonly proxies: readonly ProxySetting[];
  /** What the server accepts, or why that could not be found out. */
  readonly server: SeenTls | { readonly error: Error };
  /** Null if there is no Schannel here, or its settings could not be read. */
  readonly machine: MachineEvidence | null;
  /** Null if none was made: there is no Schannel, or no server. */
  readonly attempt: Attempt | null;
  /** Certificates of this account and this machine; null if the server asks for none, or there is no Schannel. */
  readonly certificates: readonly OwnCertificate[] | null;
  /** Why there is no Schannel; null if there is. */
  readonly absent: string | null;
}
