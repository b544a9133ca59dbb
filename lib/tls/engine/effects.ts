import type { NativeSession, NativeSessionInfo, Role } from '../../native/binding.js';
import type { Limits } from './limits.js';

/** The part of a native session that the engine drives; tests put a scripted one in its place. */
export type EngineSession = Pick<
  NativeSession,
  'handshake' | 'setCredential' | 'setRequestFlags' | 'shutdown' | 'alert' | 'encrypt' | 'decrypt' | 'close'
>;

/** What an engine wants done. Effects come while a method of the engine runs, or when a worker's step ends. */
export interface EngineEffects {
  /**
   * Send these bytes to the peer (handshake tokens, alerts; application data is the caller's own, see
   * Engine.encrypt).
   */
  write(ciphertext: Uint8Array): void;
  /** Application data of the peer; the memory is the receiver's to keep. */
  plaintext(data: Uint8Array): void;
  /**
   * The server asks for a certificate: answer with Engine.choose(), at once or later.
   * @param issuers DER of the names of the authorities it accepts; empty: any; null: Windows does not tell
   */
  choose(issuers: readonly Uint8Array[] | null): void;
  /**
   * A handshake is complete, the first or another, and neither its peer nor its parameters were judged: answer with
   * Engine.accept() or Engine.reject(), at once or later. No data flows until then.
   */
  secure(connection: NativeSessionInfo): void;
  /** The handshake that Engine.renegotiate() began changed nothing: answer as after secure(). */
  declined(): void;
  /** A client's, behind the handshake: Windows has taken a ticket of TLS 1.3, and can resume the session with it. */
  ticket(): void;
  /** Windows has the connection (post-handshake message, renegotiation): encrypt() is refused until writable(). */
  renegotiating(): void;
  /** encrypt() works (again). */
  writable(): void;
  /** In place of writable(), where our close_notify was written: the peer's data flows again. */
  resumed(): void;
  /** The peer sends no more: by close_notify, or only by the end of the transport, which may also be a cut. */
  end(closeNotify: boolean): void;
  /** Our close_notify is written, and nothing follows it: the transport may be ended. */
  shutdown(): void;
  /** The connection is dead; the engine is closed. */
  fail(error: Error): void;
}

/** What an engine is made of. */
export interface EngineParts {
  readonly session: EngineSession;
  /** The three words in which the session leaves the outcome of encrypt() and decrypt(). */
  readonly result: Int32Array;
  readonly effects: EngineEffects;
  /** The session's; default 'client'. */
  readonly role?: Role;
  /**
   * A certificate is chosen when the server asks for one: the session leaves ISC_REQ_USE_SUPPLIED_CREDS out. Default
   * false.
   */
  readonly chooses?: boolean;
  /** Windows takes part in a handshake that the peer begins within the connection. Default true. */
  readonly renegotiates?: boolean;
  /** Default LIMITS of the role. */
  readonly limits?: Limits;
  /** A clock in milliseconds for the limits on messages and renegotiations. */
  readonly now?: () => number;
}
