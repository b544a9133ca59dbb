import type { TunnelOptions } from './options.js';
import { OF_WINDOWS } from './parts.js';
import { Tunnel } from './tunnel.js';

/**
 * Makes a tunnel, which carries connections of programs without TLS to servers with TLS (`mode: 'client'`), or those of
 * clients with TLS to a program without (`mode: 'server'`). It begins with `listen()`.
 *
 * Certificates of servers are verified by Windows, unless `tls` says otherwise. Nothing ever goes on in the clear where
 * TLS was asked for.
 *
 * ```js
 * const tunnel = createTunnel({ mode: 'client', accept: 143, connect: 'mail.example:993' });
 * await tunnel.listen();
 * ```
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_MISSING_ARGS; RangeError ERR_OUT_OF_RANGE
 * @throws SchannelError as createServer(), for a server
 */
export function createTunnel(options: TunnelOptions): Tunnel {
  return new Tunnel(options, OF_WINDOWS);
}
