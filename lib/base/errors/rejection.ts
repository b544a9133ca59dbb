import { alertDetails } from './alerts.js';
import { SchannelError, type ErrorPhase } from './schannel-error.js';

/** Why a connection ends, and the alert that explains it to the peer. */
export interface Rejection<Failure extends Error = Error> {
  readonly error: Failure;
  /** RFC 8446 §6 number. Null sends nothing: the peer does not speak TLS, or Windows can't be asked. */
  readonly alert: number | null;
}

/** A rejection whose error names the alert that is sent. */
export function rejection(
  code: string,
  alert: number | null,
  message: string,
  phase: ErrorPhase = 'handshake',
  advice?: string,
): Rejection<SchannelError> {
  const error = new SchannelError(code, message, {
    phase,
    ...(alert === null ? {} : { alert: alertDetails(alert, 'sent') }),
    ...(advice === undefined ? {} : { advice }),
  });
  return { error, alert };
}
