import type { Role } from '../../native/binding.js';

/** Bounds on everything a peer can make grow. Each has a test; none is reached by an honest peer. */
export interface Limits {
  /**
   * Bytes of handshake input per handshake. Windows itself takes messages of 32 KiB; a chain with a few large
   * certificates stays below 64 KiB.
   */
  readonly handshakeBytes: number;
  /**
   * Bytes that Windows is asked about again because the rest of a message was missing. A message in the clear is seen
   * to be incomplete; of one that is encrypted nobody knows before Windows has tried.
   */
  readonly repeatedHandshakeBytes: number;
  /** Ciphertext in bytes that may wait while Windows or the caller is busy; beyond it the transport is paused. */
  readonly pendingInput: number;
  /** TLS 1.3 messages after the handshake (tickets, key updates) in a row; data and time allow for further ones. */
  readonly postHandshakeMessages: number;
  /** Bytes of application data that allow for one more of them. */
  readonly dataPerMessage: number;
  /** Milliseconds that do. */
  readonly timePerMessage: number;
  /**
   * Bytes of answers to the peer's messages after the handshake that the transport may have to take yet. A peer is not
   * read further from a quarter of that on; the rest is for what had come by then.
   */
  readonly unsentAnswers: number;
  /**
   * Records in a row without a byte of application data; those that are decrypted in one go with data are not
   * counted.
   */
  readonly emptyRecords: number;
  /**
   * Renegotiations of a TLS 1.2 connection that the peer may begin in {@link renegotiationWindow}, the numbers of
   * node:tls's CLIENT_RENEG_LIMIT; 0 refuses the first, before any work is done for it.
   */
  readonly renegotiations: number;
  /** Milliseconds. */
  readonly renegotiationWindow: number;
}

/** Of a client, and what a server's are made from. */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  handshakeBytes: 256 * 1024,
  repeatedHandshakeBytes: 4 * 1024 * 1024,
  pendingInput: 256 * 1024,
  postHandshakeMessages: 64,
  dataPerMessage: 1024,
  timePerMessage: 1000,
  unsentAnswers: 64 * 1024,
  emptyRecords: 64,
  renegotiations: 3,
  renegotiationWindow: 600_000,
});

/**
 * A server owes strangers less: Windows takes messages of 16 KiB from them, 32 KiB where it asks for certificates
 * (SCHANNEL\Messaging), and a renegotiation costs it more than the client that asks for one.
 */
export const SERVER_LIMITS: Limits = Object.freeze({
  ...DEFAULT_LIMITS,
  handshakeBytes: 64 * 1024,
  repeatedHandshakeBytes: 2 * 1024 * 1024,
  pendingInput: 64 * 1024,
  renegotiations: 0,
});

export const LIMITS: Readonly<Record<Role, Limits>> = Object.freeze({
  client: DEFAULT_LIMITS,
  server: SERVER_LIMITS,
});
