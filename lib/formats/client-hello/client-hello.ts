/**
 * The parts of a client's first message (RFC 8446 §4.1.2) that a server needs before Schannel reads it. Numbers are
 * those of the IANA registries; reserved ones that clients send to keep servers tolerant (GREASE, RFC 8701) are left
 * out.
 */
export interface ClientHello {
  /** 'ssl2' is the form that clients of SSL 2 and 3 spoke (RFC 5246 §E.2); it has no extensions. */
  readonly format: 'tls' | 'ssl2';
  /** The version field, 0x0303 also for TLS 1.3. */
  readonly legacyVersion: number;
  /**
   * supported_versions, most preferred first. Without that extension only {@link legacyVersion}, which also offers all
   * versions below it.
   */
  readonly versions: readonly number[];
  /** In the client's order; of an SSL 2 hello only those that exist in TLS. */
  readonly cipherSuites: readonly number[];
  /** The host_name of server_name, in lower case, without a final dot; null when there is none that can be used. */
  readonly servername: string | null;
  /** Names of ALPN as latin1 text, as node:tls has them, in the client's order. */
  readonly alpnProtocols: readonly string[];
  /** signature_algorithms in the client's order. */
  readonly signatureAlgorithms: readonly number[];
  /** The client would answer a request for a certificate after the handshake (TLS 1.3, RFC 8446 §4.2.6). */
  readonly postHandshakeAuth: boolean;
  /** Extensions that could not be read and count as absent. Schannel decides whether to accept them. */
  readonly malformed: readonly ReadExtension[];
}

/** The extensions that are read. */
export type ReadExtension =
  'server_name' | 'signature_algorithms' | 'alpn' | 'supported_versions' | 'post_handshake_auth';

/** A value of two equal bytes that end in A: of suites, versions, algorithms and extensions alike (RFC 8701 §2). */
export const isGrease = (value: number): boolean =>
  (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
