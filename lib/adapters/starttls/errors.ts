import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';

/** The server does not offer TLS, or refuses it. */
export function unavailable(what: string, reply: string): SchannelError {
  return new SchannelError('ERR_SCHANNEL_STARTTLS_UNAVAILABLE', `${what}: ${quote(reply)}`, {
    phase: 'starttls',
    reply: printable(reply),
    advice:
      'Nothing was sent in the clear. If this server used to offer TLS, the connection may be under attack. Otherwise use its port for implicit TLS.',
  });
}

/** The peer speaks the protocol, but its reply does not belong here. */
export function unexpectedReply(what: string, reply: string): SchannelError {
  return new SchannelError('ERR_SCHANNEL_PEER_STARTTLS_REPLY', `${what}: ${quote(reply)}`, {
    phase: 'starttls',
    reply: printable(reply),
    advice:
      'Check that the host and the port belong to a server of this protocol, and that it accepts this client.',
  });
}

/** An answer that was there before the question is not its answer. */
export function answeredEarly(bytes: number): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_PEER_STARTTLS_REPLY',
    `${bytes} ${bytes === 1 ? 'byte' : 'bytes'} arrived that nothing had asked for`,
    {
      phase: 'starttls',
      advice: 'The connection may be under attack. Otherwise the server does not keep to the protocol.',
    },
  );
}

export function limitExceeded(what: string): SchannelError {
  return new SchannelError('ERR_SCHANNEL_PEER_STARTTLS_LIMIT', what, {
    phase: 'starttls',
    advice: 'Check that the host and the port belong to a server of this protocol.',
  });
}

export function closedEarly(waitingFor: string): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_PEER_STARTTLS_CLOSED',
    `The server closed the connection while ${waitingFor} was pending`,
    {
      phase: 'starttls',
      advice: 'See the log of the server for the reason. It may refuse the address of this client.',
    },
  );
}

export function timedOut(waitingFor: string, milliseconds: number): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_STARTTLS_TIMEOUT',
    `The server did not send ${waitingFor} within ${milliseconds} ms`,
    {
      phase: 'starttls',
      advice:
        'If the port expects TLS from the first byte (465, 993, 995 …), connect with TLS instead of STARTTLS.',
    },
  );
}

/** Clear text between the go-ahead and the handshake: CVE-2011-0411 and similar attacks. */
export function injected(bytes: number): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_PEER_STARTTLS_INJECTION',
    `${bytes} ${bytes === 1 ? 'byte' : 'bytes'} of clear text followed the go-ahead for TLS`,
    {
      phase: 'starttls',
      advice: 'The connection may be under attack. The bytes were not read as part of the protected session.',
    },
  );
}

function quote(reply: string): string {
  return `"${printable(reply)}"`;
}
