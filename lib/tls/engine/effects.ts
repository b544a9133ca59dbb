import type { NativeSessionInfo, NativeSession } from '../../native/binding.js';

/** The part of a native session that the engine drives; tests put a scripted one in its place. */
export type EngineSession = Pick<
  NativeSession,
  'handshake' | 'setCredential' | 'setRequestFlags' | 'shutdown' | 'alert' | 'encrypt' | 'decrypt' | 'close'
>;

/** What an engine wants done. Effects come while a method of the engine runs, or when a worker's step ends. */
export interface EngineEffects {
  /** Send these bytes to the peer (handshake tokens, alerts; application data is the caller's own, see Engine.encrypt). */
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
  /** Nothing came of the handshake that Engine.renegotiate() began: answer as after secure(), all is as it was. */
  declined(): void;
  /** Windows has the connection (post-handshake message, renegotiation): encrypt() is refused until writable(). */
  renegotiating(): void;
  /** encrypt() works (again). */
  writable(): void;
  /** In place of writable(), where our close_notify was written: the peer's data flows again. */
  resumed(): void;
  /** The peer sends no more: by close_notify, or else by the transport's end alone (a cut can't be told from an end). */
  end(closeNotify: boolean): void;
  /** Our close_notify is written, and nothing follows it: the transport may be ended. */
  shutdown(): void;
  /** The connection is dead; the engine is closed. */
  fail(error: Error): void;
}
