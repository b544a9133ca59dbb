/**
 * What a worker's step is part of: the first handshake, or something that came after it. `ours` is what renegotiate()
 * began, so that its outcome is judged whatever it is.
 */
export type Handshake =
  { readonly name: 'handshaking' } | { readonly name: 'renegotiating'; readonly ours: boolean };

/**
 * Where a connection stands, as data. One of these at a time; while `worker` is true a call into Windows runs on a
 * worker thread and nothing else may touch the security context. Microsoft's pages allow one EncryptMessage beside
 * one DecryptMessage and say nothing of a handshake call beside either; .NET locks them out (dotnet/runtime,
 * SslStream.IO.cs).
 */
export type Phase =
  /** Made, not started. */
  | { readonly name: 'idle' }
  /** First handshake: a flight is being computed, or the peer's is awaited. */
  | { readonly name: 'handshaking'; readonly worker: boolean }
  /** A server asks for a certificate, and the owner is choosing; what comes meanwhile waits. */
  | { readonly name: 'choosing'; readonly within: Handshake }
  /** A handshake is done, the first or another, and not judged: no application data in either direction. */
  | { readonly name: 'verifying' }
  /** Application data flows. */
  | { readonly name: 'open' }
  /** A post-handshake message (TLS 1.3 ticket, key update) or another handshake is with Windows; writes are parked. */
  | { readonly name: 'renegotiating'; readonly worker: boolean; readonly ours: boolean }
  /** Our close_notify is being made. */
  | { readonly name: 'closing' }
  /** A fatal alert is being made for `error`. */
  | { readonly name: 'failing'; readonly error: Error }
  /** Nothing more happens. */
  | { readonly name: 'closed' };

export type PhaseName = Phase['name'];

/** What can be asked of an engine. */
export type EngineEvent =
  | 'start'
  | 'receive'
  | 'step'
  | 'choice'
  | 'verdict'
  | 'encrypt'
  | 'renegotiate'
  | 'shutdown'
  | 'transport-end';

/** The events each phase permits; any other is a fault of the caller, or is dropped where the engine says so. */
export const PERMITTED: Readonly<Record<PhaseName, readonly EngineEvent[]>> = {
  idle: ['start', 'receive', 'transport-end'],
  handshaking: ['receive', 'step', 'transport-end'],
  choosing: ['receive', 'choice', 'shutdown', 'transport-end'],
  verifying: ['receive', 'verdict', 'shutdown', 'transport-end'],
  open: ['receive', 'encrypt', 'renegotiate', 'shutdown', 'transport-end'],
  renegotiating: ['receive', 'step', 'shutdown', 'transport-end'],
  closing: ['receive', 'step', 'shutdown', 'transport-end'],
  failing: ['receive', 'step', 'transport-end'],
  closed: ['receive', 'step', 'transport-end'],
};

/** What each phase can be followed by, as seen from outside: in effects, in the session's calls, between events. */
export const FOLLOWING: Readonly<Record<PhaseName, readonly PhaseName[]>> = {
  idle: ['handshaking', 'closed'],
  handshaking: ['choosing', 'verifying', 'failing', 'closed'],
  choosing: ['handshaking', 'renegotiating', 'closed'],
  verifying: ['open', 'closing', 'failing', 'closed'],
  open: ['renegotiating', 'closing', 'failing', 'closed'],
  renegotiating: ['open', 'choosing', 'verifying', 'closing', 'failing', 'closed'],
  closing: ['open', 'closed'],
  failing: ['closed'],
  closed: [],
};

/** True while a worker thread owns the security context. */
export function isBusy(phase: Phase): boolean {
  switch (phase.name) {
    case 'handshaking':
    case 'renegotiating':
      return phase.worker;
    case 'closing':
    case 'failing':
      return true;
    case 'idle':
    case 'choosing':
    case 'verifying':
    case 'open':
    case 'closed':
      return false;
  }
}

/** What a step of this phase is part of. */
export const handshakeOf = (phase: Handshake): Handshake =>
  phase.name === 'handshaking' ? { name: phase.name } : { name: phase.name, ours: phase.ours };
