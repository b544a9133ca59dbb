import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';

/** Who is at the other end of a dialogue. */
export type PeerRole = 'server' | 'client';

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

export function limitExceeded(what: string, peer: PeerRole = 'server'): SchannelError {
  return new SchannelError('ERR_SCHANNEL_PEER_STARTTLS_LIMIT', what, {
    phase: 'starttls',
    advice:
      peer === 'server'
        ? 'Check that the host and the port belong to a server of this protocol.'
        : 'Check that the client speaks the protocol of this port.',
  });
}

export function closedEarly(waitingFor: string, peer: PeerRole = 'server'): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_PEER_STARTTLS_CLOSED',
    `The ${peer} closed the connection while ${waitingFor} was pending`,
    {
      phase: 'starttls',
      advice:
        peer === 'server'
          ? 'See the log of the server for the reason. It may refuse the address of this client.'
          : 'See what the client says. It may be set to go on without TLS.',
    },
  );
}

export function timedOut(waitingFor: string, milliseconds: number, peer: PeerRole = 'server'): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_STARTTLS_TIMEOUT',
    `The ${peer} did not send ${waitingFor} within ${milliseconds} ms`,
    {
      phase: 'starttls',
      advice:
        peer === 'server'
          ? 'If the port expects TLS from the first byte (465, 993, 995 …), connect with TLS instead of STARTTLS.'
          : 'If the client begins with TLS, let the port take that, too (implicitTls).',
    },
  );
}

/** Clear text between the request or the go-ahead and the handshake: CVE-2011-0411 and similar attacks. */
export function injected(bytes: number, peer: PeerRole = 'server'): SchannelError {
  const behind = peer === 'server' ? 'go-ahead' : 'request';
  return new SchannelError(
    'ERR_SCHANNEL_PEER_STARTTLS_INJECTION',
    `${bytes} ${bytes === 1 ? 'byte' : 'bytes'} of clear text followed the ${behind} for TLS`,
    {
      phase: 'starttls',
      advice: 'The connection may be under attack. The bytes were not read as part of the protected session.',
    },
  );
}

/** The client did something else than to ask for TLS. */
export function notAsked(what: string, advice = ASK_FOR_TLS): SchannelError {
  return new SchannelError('ERR_SCHANNEL_PEER_STARTTLS_COMMAND', what, { phase: 'starttls', advice });
}

const ASK_FOR_TLS = 'Set the client so that it uses STARTTLS, and insists on it.';

/** The server behind us does not do what a client is waiting for. */
export function noBackend(what: string, cause: Error | null = null): SchannelError {
  return new SchannelError('ERR_SCHANNEL_STARTTLS_BACKEND', what, {
    phase: 'starttls',
    ...(cause !== null && { cause }),
    advice:
      'Check that the target is a server of this protocol, takes connections in the clear and accepts this machine.',
  });
}

function quote(reply: string): string {
  return `"${printable(reply)}"`;
}
