import type { Socket } from 'node:net';
import { LONGEST_TIMER_MS } from '../../base/async/clock.js';
import { integerWithin } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { toError } from '../../base/errors/to-error.js';
import { decodeProxyHeader, HEADER_LIMIT } from '../../formats/proxy-protocol/decode-header.js';
import type { ProxyHeader } from '../../formats/proxy-protocol/header.js';
import { Dialogue, DIALOGUE_LIMITS, type DialogueFaults } from '../starttls/dialogue.js';
import { addressList } from './address-list.js';

export interface ReadHeaderOptions {
  /**
   * Who has to send a header: addresses and networks, such as ['10.0.0.7', 'fd00::/8']. A client among them could claim
   * any address.
   */
  readonly from: readonly string[];
  /** Milliseconds. Default 10,000. */
  readonly timeout?: number | undefined;
  /** Bytes of a header of version 2, at most 65,551. Default 536: one with a certificate of the client is longer. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const TIMEOUT = 10_000;
const LARGEST = 0xffff + 16;

/**
 * Reads the header of the PROXY protocol from a connection that a server has accepted and not read from. What is behind
 * the header can be read from the socket afterwards.
 *
 * ```js
 * const server = createServer({ certificate });
 * net.createServer(async (socket) => {
 *   try {
 *     const header = await readProxyHeader(socket, { from: ['10.0.0.7'] });
 *     server.emit('connection', socket);
 *   } catch {
 *     // it is closed
 *   }
 * });
 * ```
 *
 * If it rejects, the socket is destroyed, except for wrong arguments.
 *
 * @returns null for a connection from elsewhere, of which nothing is read
 * @throws {SchannelError} ERR_SCHANNEL_PEER_PROXY_HEADER there is none, it is wrong, too long or late
 * @throws an AbortError; TypeError, RangeError for wrong arguments
 */
export async function readProxyHeader(
  socket: Socket,
  { from, timeout = TIMEOUT, limit = HEADER_LIMIT, signal }: ReadHeaderOptions,
): Promise<ProxyHeader | null> {
  const isListed = addressList(from);
  integerWithin('options.timeout', timeout, 1, LONGEST_TIMER_MS);
  integerWithin('options.limit', limit, HEADER_LIMIT, LARGEST);
  if (!isListed(socket.remoteAddress)) return null;
  const dialogue = new Dialogue(socket, {
    // decodeProxyHeader() has a limit. Behind the header there may be any number of bytes.
    limits: { ...DIALOGUE_LIMITS, totalBytes: Infinity },
    timeout,
    signal: signal ?? null,
    onLine: null,
    faults: FAULTS,
  });
  try {
    let header: ProxyHeader | null = null;
    await dialogue.readMeasured('the header', (arrived) => {
      const decoded = decodeProxyHeader(arrived, limit);
      header = decoded?.header ?? null;
      return decoded?.length ?? null;
    });
    dialogue.giveBack();
    return header;
  } catch (thrown) {
    dialogue.abandon();
    const error = toError(thrown);
    if (error instanceof SchannelError || error.name === 'AbortError') throw error;
    throw noHeader('The connection broke before it', error);
  }
}

const FAULTS: DialogueFaults = {
  answeredEarly: (bytes) => noHeader(`${bytes} bytes came that nothing had asked for`),
  closedEarly: () => noHeader('The connection was closed before it'),
  limitExceeded: (what) => noHeader(what),
  timedOut: (_, milliseconds) => noHeader(`It did not come within ${milliseconds} ms`),
};

function noHeader(why: string, cause?: Error): SchannelError {
  return new SchannelError(
    'ERR_SCHANNEL_PEER_PROXY_HEADER',
    `There was no header of the PROXY protocol. ${why}`,
    {
      phase: 'connect',
      advice: 'Check that the sender is set to send this header, of version 1 or 2, before TLS.',
      ...(cause !== undefined && { cause }),
    },
  );
}
