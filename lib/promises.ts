import { untilSecure } from './adapters/starttls/until-secure.js';
import { connect as open, type ConnectionOptions } from './tls/connect.js';
import { closedInHandshake } from './tls/engine/faults.js';
import type { TLSSocket } from './tls/socket/tls-socket.js';

/** What `schannel/promises` offers: functions of `schannel` that take a listener there, and return a promise here. */
export type { ConnectionOptions } from './tls/connect.js';

/**
 * Opens a TLS connection, as `connect()` of `schannel`, and resolves to the socket when the peer is verified, or
 * accepted unverified by `rejectUnauthorized: false`. If it rejects, the socket is destroyed.
 *
 * @throws by the promise, what `connect()` throws and what it reports by 'error'; an AbortError when `signal` is
 *   aborted. The signal ends the connection later, too
 */
export function connect(options: ConnectionOptions): Promise<TLSSocket>;
export function connect(port: number, host?: string, options?: ConnectionOptions): Promise<TLSSocket>;
export function connect(portOrPath: number | string, options?: ConnectionOptions): Promise<TLSSocket>;
export async function connect(...args: unknown[]): Promise<TLSSocket> {
  const socket = open(...(args as Parameters<typeof open>));
  return untilSecure(socket, null, 'server', () => closedInHandshake(null));
}
