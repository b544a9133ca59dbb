import { argumentError } from '../../base/errors/argument-error.js';
import { errorFromNative } from '../../base/errors/from-status.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import type { NativePlatform, NativeSessionInfo, Role } from '../../native/binding.js';
import { capabilitiesOf } from '../../native/capabilities.js';
import { protocolOf } from './session-info.js';

/** What ends a connection, or a write, that is nobody's fault but the stream's underneath, or the clock's. */

export function closedInWrite(): SchannelError {
  return new SchannelError(
    'ECONNRESET',
    'the stream underneath closed before it had taken what was written',
    {
      phase: 'data',
    },
  );
}

/** Node's own, of a stream that delivers something else than bytes. */
export function noBytes(): SchannelError {
  return new SchannelError('ERR_STREAM_WRAP', 'Stream has StringDecoder set or is in objectMode', {
    advice: 'Give the stream without setEncoding(): ciphertext that was decoded as text cannot be read.',
  });
}

/** Node's own, for what was to be written. */
export function destroyed(): Error {
  return Object.assign(new Error('Cannot call write after a stream was destroyed'), {
    code: 'ERR_STREAM_DESTROYED',
  });
}

/** For those who follow a handshake that the program gave up. */
export function destroyedInHandshake(): SchannelError {
  return new SchannelError('ECANCELED', 'the socket was destroyed before its handshake was complete', {
    phase: 'handshake',
  });
}

/** As libuv has it of what a handle was to write when it was closed. */
export function canceled(cause: Error): SchannelError {
  return new SchannelError('ECANCELED', 'the connection was closed before this was written', {
    phase: 'data',
    cause,
  });
}

export function unreadAnswers(): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_PEER_FLOOD',
    'the peer has us answer and does not read the answers',
    {
      phase: 'data',
      advice: 'The peer is broken or hostile: look into its log.',
    },
  );
}

/** What kept the peer from being verified, if it has a code; else what it was with one. */
export function unverifiable(cause: unknown): Error {
  const error = errorFromNative(cause, 'verify');
  if (error instanceof Error && 'code' in error) return error;
  return new SchannelError(
    'ERR_SCHANNEL_SYSTEM_FAILURE',
    `The peer could not be verified: ${String(cause)}`,
    {
      phase: 'verify',
      advice: 'Check what ca and crl were given; see the cause.',
      cause,
    },
  );
}

/** @param milliseconds null: less than handshakeTimeout, since others waited */
export function handshakeTimedOut(milliseconds: number | null, role: Role): SchannelError {
  const time =
    milliseconds === null ? 'others waited for it' : `it was not complete within ${String(milliseconds)} ms`;
  return new SchannelError('ERR_TLS_HANDSHAKE_TIMEOUT', `TLS handshake timeout: ${time}`, {
    phase: 'handshake',
    advice:
      role === 'client'
        ? 'Check that the server speaks TLS on this port; raise handshakeTimeout where a person enters a PIN.'
        : 'The client connected and said nothing, or not enough; raise handshakeTimeout for slow networks.',
  });
}

/** Node's error for a new handshake after disableRenegotiation(). */
export const renegotiationDisabled = (): Error =>
  argumentError(
    'ERR_TLS_RENEGOTIATION_DISABLED',
    'TLS session renegotiation disabled for this socket',
    Error,
  );

/** Node's error for a new handshake that cannot be had. */
export const renegotiationRefused = (cause: unknown): Error =>
  Object.assign(new Error('Attempt to renegotiate TLS session failed', { cause }), {
    code: 'ERR_TLS_RENEGOTIATE',
  });

/** Nothing was negotiated. */
export const declinedByPeer = (): SchannelError =>
  new SchannelError('ERR_SCHANNEL_PEER_NO_RENEGOTIATION', 'the peer refuses to negotiate again', {
    phase: 'data',
    advice: 'The connection goes on as it was; open another one for what it lacks.',
  });

/** @throws SchannelError ERR_SCHANNEL_SYSTEM_UNSUPPORTED where no handshake can be begun within a connection */
export function requireRenegotiation(platform: NativePlatform, advice: string): void {
  if (capabilitiesOf(platform).renegotiation) return;
  throw new SchannelError(
    'ERR_SCHANNEL_SYSTEM_UNSUPPORTED',
    'this Windows begins no handshake within a connection',
    { advice },
  );
}

/** @throws SchannelError ERR_SCHANNEL_SYSTEM_UNSUPPORTED; ERR_SCHANNEL_USAGE_PHASE under TLS 1.3, which has none */
export function refuseRenegotiation(info: NativeSessionInfo, platform: NativePlatform): void {
  requireRenegotiation(platform, 'Open another connection.');
  if (protocolOf(info) !== 'TLSv1.3') return;
  throw new SchannelError('ERR_SCHANNEL_USAGE_PHASE', 'TLS 1.3 has no renegotiation', {
    advice:
      'A server asks for a certificate by requestClientCertificate(); keys are changed without being asked for.',
  });
}
