import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';

/** The server's answer, or the lack of one, leaves no way to TLS. */
export function unavailable(what: string, reply: string): SchannelError {
  return new SchannelError('ERR_SCHANNEL_STARTTLS_UNAVAILABLE', `${what}: ${quote(reply)}`, {
    phase: 'starttls',
    reply: printable(reply),
    advice:
      'Nothing was sent in the clear; if this server offered TLS before, somebody may be in between, else use its port for implicit TLS.',
  });
}

/** The peer speaks the protocol but gave another answer than the one that has to come here. */
export function unexpectedReply(what: string, reply: string): SchannelError {
  return new SchannelError('ERR_SCHANNEL_PEER_STARTTLS_REPLY', `${what}: ${quote(reply)}`, {
    phase: 'starttls',
    reply: printable(reply),
    advice: 'Check that host and port belong to a server of this protocol and that it serves this client.',
  });
}

export function limitExceeded(what: string): SchannelError {
  return new SchannelError('ERR_SCHANNEL_PEER_STARTTLS_LIMIT', what, {
    phase: 'starttls',
    advice: 'Check that host and port belong to a server of this protocol.',
  });
}

export function closedEarly(waitingFor: string): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_PEER_STARTTLS_CLOSED',
    `The server closed the connection while ${waitingFor} was awaited`,
    {
      phase: 'starttls',
      advice: "Look for the reason in the server's log; it may refuse this client's address.",
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
        'If the port expects TLS from the first byte (465, 993, 995 …), connect with TLS at once instead of STARTTLS.',
    },
  );
}

/** Clear text between the go-ahead and the handshake: CVE-2011-0411 and its relatives. */
export function injected(bytes: number): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_PEER_STARTTLS_INJECTION',
    `${bytes} ${bytes === 1 ? 'byte' : 'bytes'} of clear text followed the go-ahead for TLS`,
    {
      phase: 'starttls',
      advice:
        'Somebody between here and the server may have added them; they were not read as part of the protected session.',
    },
  );
}

function quote(reply: string): string {
  return `"${printable(reply)}"`;
}
