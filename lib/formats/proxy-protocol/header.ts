/**
 * A header of the PROXY protocol. It says whose connection it is that somebody else passes on (HAProxy's
 * proxy-protocol.txt).
 */
export interface ProxyHeader {
  /** 1 is a line of text, 2 is binary. */
  readonly version: 1 | 2;
  /**
   * The connection as its client sees it. Null if the sender does not say, or speaks for itself (UNKNOWN in version 1,
   * LOCAL and UNSPEC in version 2): then the addresses of the connection count.
   */
  readonly addresses: ProxiedAddresses | null;
  /** What else it says. Version 1 has nothing else. */
  readonly facts?: ProxyFacts | undefined;
}

export interface ProxiedAddresses {
  /** The client. */
  readonly source: ProxyEndpoint;
  /** What the client has connected to. */
  readonly destination: ProxyEndpoint;
}

/** An end of a connection. Both ends are of one kind. */
export type ProxyEndpoint =
  | { readonly address: string; readonly port: number }
  /** A Unix socket, at most 108 bytes; '' for one without a name. */
  | { readonly path: string };

/**
 * What a header of version 2 may say besides addresses. Text is as the sender has written it: not checked, not
 * printable.
 */
export interface ProxyFacts {
  /** Application protocol that was agreed upon (ALPN). */
  readonly alpn?: string;
  /** Name that the client has asked for (SNI). */
  readonly authority?: string;
  /** Name of the connection for logs, at most 128 bytes. */
  readonly uniqueId?: Uint8Array;
  /** Network namespace. */
  readonly namespace?: string;
  /** The client has connected by TLS. */
  readonly tls?: ProxyTlsFacts;
  /** Of other types, for example those from 0xe0 to 0xef, which are free for applications. */
  readonly others?: readonly ProxyValue[];
}

/** The client's connection by TLS. */
export interface ProxyTlsFacts {
  /** 'TLSv1.3' */
  readonly version?: string;
  readonly cipher?: string;
  /** How the certificate of the server is signed, such as 'RSA-SHA256', and its key, such as 'RSA2048'. */
  readonly signatureAlgorithm?: string;
  readonly keyAlgorithm?: string;
  /** The client has shown a certificate on this connection. */
  readonly hasCertificate: boolean;
  /** It has shown one on this connection, or on one before it whose session was resumed. */
  readonly hasCertificateInSession: boolean;
  /** It has shown a certificate, and this was accepted. */
  readonly isVerified: boolean;
  /** Common name in the certificate of the client. */
  readonly commonName?: string;
  /** Certificate of the client, DER. */
  readonly certificate?: Uint8Array;
}

export interface ProxyValue {
  readonly type: number;
  readonly value: Uint8Array;
}
