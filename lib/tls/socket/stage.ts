/**
 * How far a connection is, as data. While there is an engine, its phase (engine/phase.ts) says more: a handshake
 * within the connection, or a ticket that Windows has, leaves the connection established. So does the end of one
 * direction.
 */
export type Stage =
  /** Nothing was begun; there may be no transport yet. */
  | 'idle'
  /** The transport, a server's turn, a client's hello or a credential is awaited. There is no session. */
  | 'starting'
  /** The first handshake, until the peer is accepted. */
  | 'handshaking'
  /** The peer may be talked to, in the directions that are not ended. */
  | 'established'
  /** Everything is given back, and nothing more happens. */
  | 'closed';

/** What each stage can be followed by. */
export const STAGE_FOLLOWING: Readonly<Record<Stage, readonly Stage[]>> = {
  idle: ['starting', 'closed'],
  starting: ['handshaking', 'closed'],
  handshaking: ['established', 'closed'],
  established: ['closed'],
  closed: [],
};
