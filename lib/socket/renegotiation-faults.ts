import { argumentError } from '../errors/argument-error.js';

/** Node's error for a new handshake after disableRenegotiation(). */
export const renegotiationDisabled = (): Error =>
  argumentError(
    'ERR_TLS_RENEGOTIATION_DISABLED',
    'TLS session renegotiation disabled for this socket',
    Error,
  );

/** Node's error for a new handshake that cannot be had. */
export const renegotiationRefused = (): Error =>
  argumentError('ERR_TLS_RENEGOTIATE', 'Attempt to renegotiate TLS session failed', Error);
