import type {
  NativeSessionInfo,
  NativeCredential,
  NativeSession,
  NativeSessionRequest,
  Role,
} from '../../native/binding.js';
import type { Verification } from './peer-verification.js';

/** What the native session of a connection is made with. */
export interface SessionOpening {
  readonly credential: NativeCredential;
  readonly request: NativeSessionRequest;
  /** A certificate is chosen when the peer asks for one. */
  readonly chooses: boolean;
}

/** Why there is to be no connection. */
export interface Refusal {
  readonly error: Error;
  /** What tells the peer (RFC 8446 §6); null for one that does not speak TLS. */
  readonly alert: number | null;
}

/** What a handshake wants of the peer. */
export interface PeerDemands {
  /** A client is to show a certificate; a server always does. */
  readonly requestCert: boolean;
  /** A peer that cannot be verified ends the connection. */
  readonly rejectUnauthorized: boolean;
}

/** What was found out about the peer, and what follows from it. */
export interface PeerVerdict {
  /** Null when the peer was not asked who it is. */
  readonly verification: Verification | null;
  readonly refusal: Refusal | null;
}

/** All that the two sides of a connection do differently: with what a session begins, and who the peer has to be. */
export interface ConnectionSide {
  readonly role: Role;
  /** DER of the certificates that are ours; none before {@link open} has chosen them. */
  readonly certificates: readonly Uint8Array[];
  /** The name that SNI has; false when there is none. */
  readonly servername: string | false;
  /** When the handshake may begin; null: at once. */
  readonly turn: Promise<void> | null;
  /** The peer has the first word: what it says goes to {@link hear}, and while there is room the transport flows for that. */
  readonly listens: boolean;
  /** Bytes of the peer while there is no session; they are kept. */
  hear(chunk: Uint8Array): void;
  /** All that was heard, for the session. */
  readonly heard: Uint8Array;
  /** A server's answer waits for its client's hello. @throws what speaks against us rather than the peer */
  open(): Promise<SessionOpening | Refusal>;
  /** The credential for a peer that asks for a certificate; null shows none. */
  choose(issuers: readonly Uint8Array[] | null): Promise<NativeCredential | null>;
  /** Windows takes part in a handshake that the peer begins within the connection. */
  readonly renegotiates: boolean;
  /** What the first handshake wants, and the peer's own later ones. */
  readonly demands: PeerDemands;
  /** What speaks against the connection as it was negotiated, whoever the peer is. */
  examine(facts: NativeSessionInfo): Refusal | null;
  /** Finds out who the peer is, as far as it is asked. */
  verify(session: NativeSession, facts: NativeSessionInfo, demands: PeerDemands): Promise<PeerVerdict>;
  /**
   * The peer is to be asked for a certificate now.
   * @returns the flags of the handshake that asks
   * @throws SchannelError why that can't be done
   */
  askLater(facts: NativeSessionInfo): number;
  /**
   * TLS is to be negotiated anew, as TLS 1.3 has it no more.
   * @param requestCert a client is to show a certificate
   * @returns the flags of that handshake; null for those that are
   * @throws SchannelError why that can't be done
   */
  renegotiate(facts: NativeSessionInfo, requestCert: boolean): number | null;
  /** Gives everything back, after the session; idempotent. */
  release(): void;
}
