import { argumentError } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import type { NativeSessionInfo, NativePlatform } from '../../native/binding.js';
import { capabilitiesOf } from '../../native/capabilities.js';
import { protocolOf } from './session-info.js';

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
  new SchannelError('ERR_SCHANNEL_PEER_NO_RENEGOTIATION', 'the peer does not want to negotiate anew', {
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
export function refuseRenegotiation(facts: NativeSessionInfo, platform: NativePlatform): void {
  requireRenegotiation(platform, 'Open another connection.');
  if (protocolOf(facts) !== 'TLSv1.3') return;
  throw new SchannelError('ERR_SCHANNEL_USAGE_PHASE', 'TLS 1.3 has no renegotiation', {
    advice:
      'A server asks for a certificate by requestClientCertificate(); keys are changed without being asked for.',
  });
}
