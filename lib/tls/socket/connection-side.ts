import type { Rejection } from '../../base/errors/rejection.js';
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
  /**
   * Chooses a certificate when the peer asks for one; null: there is nothing to choose.
   * @param issuers DER of the names that the peer accepts; null when Windows does not tell
   * @returns null to show none
   */
  readonly choose: ((issuers: readonly Uint8Array[] | null) => Promise<NativeCredential | null>) | null;
}

/** What a handshake demands of the peer. */
export interface PeerDemands {
  /** A client is to show a certificate; a server always does. */
  readonly requestCert: boolean;
  /** A peer that cannot be verified ends the connection. */
  readonly rejectUnauthorized: boolean;
}

/** What was found out about the peer, and what follows from it. */
export interface PeerDecision {
  /** Null when the peer was not asked who it is. */
  readonly verification: Verification | null;
  readonly rejection: Rejection | null;
}

/** What a server does before there is a session: its client speaks first. */
export interface Admission {
  /** When the handshake may begin; null: at once. */
  readonly turn: Promise<void> | null;
  /** There is room for more of the client's first bytes. */
  readonly wantsHello: boolean;
  /** Keeps bytes of the client. */
  pushHello(chunk: Uint8Array): void;
  /** All bytes that were pushed, for the session. */
  readonly helloBytes: Uint8Array;
}

/** Everything that the two sides of a connection do differently: how a session begins, and who the peer has to be. */
export interface ConnectionSide {
  readonly role: Role;
  /** Null for a client. */
  readonly admission: Admission | null;
  /** DER of our certificates; none before {@link open} has chosen them. */
  readonly certificates: readonly Uint8Array[];
  /** The name that SNI has; false when there is none. */
  readonly servername: string | false;
  /**
   * A client answers at once if its credential is there; a server's answer waits for its client's hello.
   * @throws what is wrong with us rather than with the peer
   */
  open(): SessionOpening | Promise<SessionOpening | Rejection>;
  /** Windows takes part in a handshake that the peer begins within the connection. */
  readonly renegotiates: boolean;
  /** What the first handshake demands, and later ones that the peer begins. */
  readonly demands: PeerDemands;
  /** Checks what was negotiated, for any peer. */
  checkNegotiated(info: NativeSessionInfo): Rejection | null;
  /** Finds out who the peer is, as far as the demands ask for it. */
  checkPeer(session: NativeSession, info: NativeSessionInfo, demands: PeerDemands): Promise<PeerDecision>;
  /**
   * Asks the client for a certificate now.
   * @returns the flags of the handshake that asks
   * @throws SchannelError why that can't be done
   */
  requestClientCertificate(info: NativeSessionInfo): number;
  /**
   * Negotiates again, which TLS 1.3 does not have.
   * @param requestCert a client is to show a certificate
   * @returns the flags of that handshake; null for the present ones
   * @throws SchannelError why that can't be done
   */
  renegotiate(info: NativeSessionInfo, requestCert: boolean): number | null;
  /**
   * Adds to an error that ends the connection what only this side knows. Null if there is nothing to add; the promise
   * is never rejected.
   */
  advise?(error: Error): Promise<void> | null;
  /** Gives everything back, after the session; idempotent. */
  release(): void;
}
