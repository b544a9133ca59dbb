import type { Socket } from 'node:net';

import { logOperations } from './debug-log.js';
import { Operation } from './operation.js';

/**
 * Messages of `tracing:schannel.handshake:…`: the first handshake of a connection, with the verification of the peer.
 */
export interface HandshakeMessage {
  readonly socket: Socket;
  readonly role: 'client' | 'server';
  /** The name of SNI; a server has it at the end. null: none. */
  servername: string | null;
  /** The rest is known at the end: 'TLSv1.3'. */
  protocol?: string | null;
  /** IANA's name. */
  cipherSuite?: string | null;
  alpnProtocol?: string | null;
  /** false also where Windows does not report it. */
  resumed?: boolean;
  /** null: the peer was not asked who it is. */
  authorized?: boolean | null;
}

/** Messages of `tracing:schannel.verification:…`. It succeeds if there is a verdict, which may be against the peer. */
export interface VerificationMessage {
  readonly socket: Socket | null;
  /** Which side the peer is. */
  readonly peer: 'client' | 'server';
  /** What a server has to be; null for a client. */
  readonly hostname: string | null;
  /** How many certificates the peer sent. */
  readonly received: number;
  /** The rest is known at the end. */
  authorized?: boolean;
  /** Why the peer is not trusted, 'CERT_HAS_EXPIRED'; null if nothing speaks against it. */
  reason?: string | null;
  anchors?: 'windows' | 'ca';
  revocation?: 'not-checked' | 'good' | 'unknown' | 'revoked';
  /** Faults that were found and do not count. */
  ignored?: readonly string[];
}

/**
 * Messages of `tracing:schannel.credential:…`: Windows is asked for a credential. Connections that share one ask once.
 */
export interface CredentialMessage {
  readonly role: 'client' | 'server';
  /** The certificates that it shows, DER; known at the end. */
  certificates?: readonly Uint8Array[];
}

/** What is done to a certificate store. */
export type StoreWork =
  | 'open'
  | 'list'
  | 'add'
  | 'remove'
  | 'change'
  | 'list-revocation-lists'
  | 'add-revocation-list'
  | 'remove-revocation-list';

/** Messages of `tracing:schannel.store:…`. */
export interface StoreMessage {
  readonly work: StoreWork;
  /** 'CurrentUser\\MY'. */
  readonly store: string;
  /** SHA-1 of the certificate that it is about; null if it is about none, or about one that is still to be read. */
  readonly thumbprint: string | null;
  /** Of 'list': how many certificates there are. */
  count?: number;
}

/** Messages of `tracing:schannel.close:…`: from the socket's destruction until the stream underneath is gone. */
export interface CloseMessage {
  readonly socket: Socket;
  readonly role: 'client' | 'server';
  /** What ended the connection; null if it was just to end. */
  readonly reason: Error | null;
  /** The peer's data ended without its close_notify; null if it did not end. */
  readonly truncated: boolean | null;
  /** Plaintext. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** What programs can follow, by the names of the channels. */
export const operations = {
  handshake: new Operation<HandshakeMessage>('handshake'),
  verification: new Operation<VerificationMessage>('verification'),
  credential: new Operation<CredentialMessage>('credential'),
  store: new Operation<StoreMessage>('store'),
  close: new Operation<CloseMessage>('close'),
} as const;

export type Operations = typeof operations;

logOperations(operations);
