import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';
import type { DialogueFaults } from '../starttls/dialogue.js';
import { hostAndPort, type HostAndPort } from './steps.js';

/** A refusal in the words of the proxy. */
export interface Refusal {
  /** What it has said, such as 'HTTP/1.1 403 Forbidden', not yet printable. */
  readonly reply: string;
  readonly advice: string;
  /** It is about the account. */
  readonly isAboutAccount: boolean;
}

/** A proxy, and what it is asked to connect to. */
export interface Hop {
  readonly proxy: HostAndPort;
  readonly target: HostAndPort;
}

export function refused({ proxy, target }: Hop, { reply, advice, isAboutAccount }: Refusal): SchannelError {
  return new SchannelError(
    isAboutAccount ? 'ERR_SCHANNEL_PROXY_ACCOUNT' : 'ERR_SCHANNEL_PROXY_REFUSED',
    `The proxy ${hostAndPort(proxy)} refused to connect to ${hostAndPort(target)}: "${printable(reply)}"`,
    { phase: 'connect', reply: printable(reply), advice },
  );
}

/** What is there is no proxy of this kind. */
export function notAProxy({ proxy }: Hop, kind: string, reply: string): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_PEER_PROXY_REPLY',
    `${hostAndPort(proxy)} does not answer as ${kind}: "${printable(reply)}"`,
    {
      phase: 'connect',
      reply: printable(reply),
      advice: 'Check the host, the port and the protocol of the proxy, and whether it is reached by TLS.',
    },
  );
}

export function unreachable(proxy: HostAndPort, cause: Error): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_PROXY_UNREACHABLE',
    `The proxy ${hostAndPort(proxy)} cannot be reached: ${cause.message}`,
    {
      phase: 'connect',
      advice: 'Check the host and the port of the proxy, and whether it is running.',
      cause,
    },
  );
}

/** The proxy was reached, and the connection broke before it was asked for everything. */
export function closed({ proxy, target }: Hop, waitingFor: string, cause?: Error): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_PEER_PROXY_CLOSED',
    `The proxy ${hostAndPort(proxy)} closed the connection while ${waitingFor} was pending`,
    {
      phase: 'connect',
      advice: `See the log of the proxy: it may not permit this client, or ${hostAndPort(target)}. A proxy that is reached by TLS closes connections without it.`,
      ...(cause !== undefined && { cause }),
    },
  );
}

export function tooLong({ proxy }: Hop, what: string): SchannelError {
  return new SchannelError('ERR_SCHANNEL_PEER_PROXY_LIMIT', `${what} from the proxy ${hostAndPort(proxy)}`, {
    phase: 'connect',
    advice: 'Check that the host and the port belong to a proxy of this kind.',
  });
}

export function notInTime(target: HostAndPort, doing: string, milliseconds: number): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_PROXY_TIMEOUT',
    `The connection to ${hostAndPort(target)} was not there within ${milliseconds} ms: ${doing} took too long`,
    {
      phase: 'connect',
      advice:
        'Check the protocol of the proxy: one of another kind may wait for more. Otherwise the proxy may have no way to the target.',
    },
  );
}

/** The words for a dialogue with a proxy. */
export const proxyFaults = (hop: Hop, kind: string): DialogueFaults => ({
  answeredEarly: (bytes) =>
    notAProxy(hop, kind, `${bytes} ${bytes === 1 ? 'byte' : 'bytes'} that nothing had asked for`),
  closedEarly: (waitingFor) => closed(hop, waitingFor),
  limitExceeded: (what) => tooLong(hop, what),
  timedOut: (waitingFor, milliseconds) => notInTime(hop.target, waitingFor, milliseconds),
});
