import { Alert } from '../../base/errors/alerts.js';
import { rejection, type Rejection } from '../../base/errors/rejection.js';
import { SchannelError, type AlertDetails } from '../../base/errors/schannel-error.js';
import type { Role } from '../../native/binding.js';
import { describeNotTls } from './not-tls.js';
import type { RecordFault } from './record.js';
import { Status } from './status.js';

/** The first bytes of the peer that are no TLS; `role` is our own. */
export function notTls(bytes: Uint8Array, role: Role): Rejection<SchannelError> {
  const what = describeNotTls(bytes);
  const [text, advice] =
    role === 'client'
      ? [
          `the server did not answer with TLS (wrong version number) but with ${what}`,
          'Check the port, and whether it wants STARTTLS before TLS.',
        ]
      : [
          `the client did not begin with TLS but with ${what}`,
          'The client has to use TLS on this port; a proxy in front must pass its bytes on as they are.',
        ];
  return rejection('ERR_SCHANNEL_PEER_NOT_TLS', null, text, 'handshake', advice);
}

/** Bytes in a TLS stream that cannot begin a record. */
export function badRecord(
  fault: RecordFault,
  bytes: Uint8Array,
  phase: 'handshake' | 'data',
): Rejection<SchannelError> {
  return fault === 'too-long'
    ? rejection(
        'ERR_SCHANNEL_PEER_RECORD_OVERFLOW',
        Alert.RecordOverflow,
        'the peer sent a TLS record longer than the protocol allows',
        phase,
      )
    : rejection(
        'ERR_SCHANNEL_PEER_RECORD_INVALID',
        Alert.UnexpectedMessage,
        `the peer sent, in place of a TLS record, ${describeNotTls(bytes)}`,
        phase,
      );
}

export function handshakeTooLarge(limit: number): Rejection<SchannelError> {
  return rejection(
    'ERR_SCHANNEL_PEER_HANDSHAKE_TOO_LARGE',
    Alert.RecordOverflow,
    `the peer sent more than ${String(limit)} bytes of handshake`,
    'handshake',
  );
}

export function fragmented(): Rejection<SchannelError> {
  return rejection(
    'ERR_SCHANNEL_PEER_FLOOD',
    Alert.UnexpectedMessage,
    'the peer cut its handshake messages into too many records',
    'handshake',
  );
}

/** The peer would wait for a handshake that never comes, until one of the two gives up. */
export function renegotiationImpossible(): Rejection<SchannelError> {
  return rejection(
    'ERR_SCHANNEL_SYSTEM_RENEGOTIATION',
    Alert.NoRenegotiation,
    'the peer asks for a renegotiation, in which this Windows takes no part',
    'data',
    'Have the server ask for the certificate in its first handshake: for the whole host, not for a part of it.',
  );
}

export function tooManyRenegotiations(limit: number): Rejection<SchannelError> {
  return rejection(
    'ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT',
    Alert.NoRenegotiation,
    limit === 0
      ? 'the peer asked for a renegotiation, which is not allowed'
      : `the peer asked for more than ${String(limit)} renegotiations`,
    'data',
  );
}

/** A handshake that would have to be answered after our close_notify. */
export function renegotiationBehindEnd(): Rejection<SchannelError> {
  return rejection(
    'ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT',
    null,
    'the peer asked for a renegotiation after this side had ended the connection',
    'data',
    'Call end() after the answer has come.',
  );
}

/** Work without data: empty records, tickets, key updates. */
export function flood(what: string): Rejection<SchannelError> {
  return rejection(
    'ERR_SCHANNEL_PEER_FLOOD',
    Alert.UnexpectedMessage,
    `the peer sent too many ${what} in a row`,
    'data',
  );
}

/** The transport ended inside the handshake; code and message are those of node:tls for `role`, our own. */
export function closedInHandshake(alert: AlertDetails | null, role: Role = 'client'): SchannelError {
  const [text, advice] =
    role === 'client'
      ? [
          'Client network socket disconnected before secure TLS connection was established',
          'The server may want other protocol versions, a client certificate or another server name: see its log.',
        ]
      : ['socket hang up', 'The client left: it may not trust the certificate, or only have tried the port.'];
  return new SchannelError('ECONNRESET', text, {
    phase: 'handshake',
    advice,
    ...(alert ? { alert } : {}),
  });
}

/**
 * The peer waits for an answer behind its close_notify, as TLS 1.3 allows (RFC 8446 §6.1), and Windows encrypts nothing
 * any more.
 */
export function sendsNothing(): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_SYSTEM_UNSUPPORTED',
    'the peer has ended its side (close_notify), and this Windows sends nothing after that',
    {
      status: Status.ContextExpiredError,
      syscall: 'EncryptMessage',
      phase: 'data',
      advice: 'The peer has to wait for its answer before it ends its side.',
    },
  );
}

/** The transport ended where no TLS stream can end. */
export function truncated(where: string): SchannelError {
  return new SchannelError('ERR_SCHANNEL_PEER_TRUNCATED', `the connection ended ${where}`, {
    phase: 'data',
    advice: 'Data is missing: repeat the exchange.',
  });
}
