import { Alert, alertDetails } from '../../base/errors/alerts.js';
import type { SchannelErrorCode } from '../../base/errors/codes.js';
import { SchannelError } from '../../base/errors/schannel-error.js';

/**
 * Why there will be no hello: the bytes are no TLS at all; a record, or a message, of another kind came first; it is
 * malformed; a record is longer than TLS allows; or it does not end within the limit.
 */
export type HelloFaultReason = 'not-tls' | 'not-a-hello' | 'damaged' | 'record-too-long' | 'too-large';

export interface HelloFault {
  readonly reason: HelloFaultReason;
  readonly error: SchannelError;
  /** The alert (RFC 8446 §6) that tells the peer; null for one that does not speak TLS. */
  readonly alert: number | null;
}

const KINDS: Readonly<Record<HelloFaultReason, readonly [code: SchannelErrorCode, alert: number | null]>> = {
  'not-tls': ['ERR_SCHANNEL_PEER_NOT_TLS', null],
  'not-a-hello': ['ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE', Alert.UnexpectedMessage],
  damaged: ['ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE', Alert.DecodeError],
  'record-too-long': ['ERR_SCHANNEL_PEER_RECORD_OVERFLOW', Alert.RecordOverflow],
  'too-large': ['ERR_SCHANNEL_PEER_HANDSHAKE_TOO_LARGE', Alert.RecordOverflow],
};

export function helloFault(reason: HelloFaultReason, text: string): HelloFault {
  const [code, alert] = KINDS[reason];
  const sent = alert === null ? {} : { alert: alertDetails(alert, 'sent') };
  return { reason, alert, error: new SchannelError(code, text, { phase: 'handshake', ...sent }) };
}
