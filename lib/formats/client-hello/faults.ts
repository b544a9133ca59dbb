import { alertDetails } from '../../base/errors/alerts.js';
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

const UNEXPECTED_MESSAGE = 10;
const RECORD_OVERFLOW = 22;
const DECODE_ERROR = 50;

const KINDS: Readonly<Record<HelloFaultReason, readonly [code: SchannelErrorCode, alert: number | null]>> = {
  'not-tls': ['ERR_SCHANNEL_PEER_NOT_TLS', null],
  'not-a-hello': ['ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE', UNEXPECTED_MESSAGE],
  damaged: ['ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE', DECODE_ERROR],
  'record-too-long': ['ERR_SCHANNEL_PEER_RECORD_OVERFLOW', RECORD_OVERFLOW],
  'too-large': ['ERR_SCHANNEL_PEER_HANDSHAKE_TOO_LARGE', RECORD_OVERFLOW],
};

export function helloFault(reason: HelloFaultReason, text: string): HelloFault {
  const [code, alert] = KINDS[reason];
  const sent = alert === null ? {} : { alert: alertDetails(alert, 'sent') };
  return { reason, alert, error: new SchannelError(code, text, { phase: 'handshake', ...sent }) };
}
