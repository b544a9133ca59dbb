import { Alert, alertDetails } from '../../base/errors/alerts.js';
import { SchannelError, type AlertDetails } from '../../base/errors/schannel-error.js';
import type { Role } from '../../native/binding.js';
import { describeNotTls } from './not-tls.js';
import type { RecordFault } from './record.js';

/** The errors an engine finds by itself, without Windows, and the alert (RFC 8446 §6) that tells the peer. */
export interface Fault {
  readonly error: SchannelError;
  /** null: nothing is sent, the peer does not speak TLS or Windows cannot be asked. */
  readonly alert: number | null;
}

/** The first bytes of the peer that are no TLS; `role` is our own. */
export function notTls(bytes: Uint8Array, role: Role): Fault {
  const what = describeNotTls(bytes);
  const [text, advice] =
    role === 'client'
      ? [
          `the server did not answer with TLS but with ${what}`,
          'Check the port, and whether it wants STARTTLS before TLS.',
        ]
      : [
          `the client did not begin with TLS but with ${what}`,
          'The client has to use TLS on this port; a proxy in front must pass its bytes on as they are.',
        ];
  return {
    error: new SchannelError('ERR_SCHANNEL_PEER_NOT_TLS', text, { phase: 'handshake', advice }),
    alert: null,
  };
}

/** Bytes in a TLS stream that cannot begin a record. */
export function badRecord(fault: RecordFault, bytes: Uint8Array, phase: 'handshake' | 'data'): Fault {
  return fault === 'too-long'
    ? withAlert(
        'ERR_SCHANNEL_PEER_RECORD_OVERFLOW',
        'the peer sent a TLS record longer than the protocol allows',
        Alert.RecordOverflow,
        phase,
      )
    : withAlert(
        'ERR_SCHANNEL_PEER_RECORD_INVALID',
        `the peer sent, in place of a TLS record, ${describeNotTls(bytes)}`,
        Alert.UnexpectedMessage,
        phase,
      );
}

export function handshakeTooLarge(limit: number): Fault {
  return withAlert(
    'ERR_SCHANNEL_PEER_HANDSHAKE_TOO_LARGE',
    `the peer sent more than ${String(limit)} bytes of handshake`,
    Alert.RecordOverflow,
    'handshake',
  );
}

export function fragmented(): Fault {
  return withAlert(
    'ERR_SCHANNEL_PEER_FLOOD',
    'the peer cut its handshake messages into too many records',
    Alert.UnexpectedMessage,
    'handshake',
  );
}

/** The peer would wait for a handshake that never comes, until one of the two gives up. */
export function renegotiationImpossible(): Fault {
  return withAlert(
    'ERR_SCHANNEL_SYSTEM_RENEGOTIATION',
    'the peer asks for a renegotiation, in which this Windows takes no part',
    Alert.NoRenegotiation,
    'data',
    'Have the server ask for the certificate in its first handshake: for the whole host, not for a part of it.',
  );
}

export function tooManyRenegotiations(limit: number): Fault {
  return withAlert(
    'ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT',
    limit === 0
      ? 'the peer asked for a renegotiation, which is not allowed'
      : `the peer asked for more than ${String(limit)} renegotiations`,
    Alert.NoRenegotiation,
    'data',
  );
}

/** A handshake that would have to be answered after our close_notify. */
export function renegotiationBehindEnd(): Fault {
  return {
    error: new SchannelError(
      'ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT',
      'the peer asked for a renegotiation after this side had ended the connection',
      { phase: 'data', advice: 'Call end() after the answer has come.' },
    ),
    alert: null,
  };
}

/** Work without data: empty records, tickets, key updates. */
export function flood(what: string): Fault {
  return withAlert(
    'ERR_SCHANNEL_PEER_FLOOD',
    `the peer sent too many ${what} in a row`,
    Alert.UnexpectedMessage,
    'data',
  );
}

/** The transport ended inside the handshake; code and message are those of node:tls for `role`, our own. */
export function closedInHandshake(alert: AlertDetails | null, role: Role = 'client'): SchannelError {
  const [text, advice] =
    role === 'client'
      ? [
          'Client network socket disconnected before secure TLS connection was established',
          'The server may want other protocol versions, a client certificate or another server name; its log tells.',
        ]
      : ['socket hang up', 'The client left: it may not trust the certificate, or only have tried the port.'];
  return new SchannelError('ECONNRESET', text, {
    phase: 'handshake',
    advice,
    ...(alert ? { alert } : {}),
  });
}

/** The transport ended where no TLS stream can end. */
export function truncated(where: string): SchannelError {
  return new SchannelError('ERR_SCHANNEL_PEER_TRUNCATED', `the connection ended ${where}`, {
    phase: 'data',
    advice: 'Data is missing: repeat the exchange.',
  });
}

function withAlert(
  code: string,
  text: string,
  description: number,
  phase: 'handshake' | 'data',
  advice?: string,
): Fault {
  const alert = alertDetails(description, 'sent');
  return {
    error: new SchannelError(code, text, { phase, alert, ...(advice === undefined ? {} : { advice }) }),
    alert: description,
  };
}
