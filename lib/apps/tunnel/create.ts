import { DISK } from './file/disk.js';
import { WATCH_FOLDER } from './file/folder-watch.js';
import { type OpenTunnelFileOptions, TunnelFile } from './file/tunnel-file.js';
import type { TunnelOptions } from './options.js';
import { OF_WINDOWS } from './parts.js';
import { Tunnel } from './tunnel.js';
import { Tunnels } from './tunnels.js';

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

/**
 * Makes several tunnels that begin, change and end together: all of them listen, or none does. A reload exchanges the
 * options of all, or of none.
 *
 * @throws as {@link createTunnel}
 */
export function createTunnels(options: readonly TunnelOptions[]): Tunnels {
  return new Tunnels(options, OF_WINDOWS);
}

/**
 * The tunnels of a file: a stunnel.conf as it is, or the JSON that `schannel tunnel FILE --print` writes. They begin
 * with `listen()`, and follow the file and those that it names: when one changes, new connections get what it says. A
 * file that is wrong changes nothing.
 *
 * ```js
 * const file = await openTunnelFile('stunnel.conf');
 * for (const { level, text } of file.notices) console.error(`${level}: ${text}`);
 * await file.listen();
 * ```
 *
 * @throws SchannelError ERR_SCHANNEL_TUNNEL_CONFIG for a file that is wrong or can't be read, or whose certificates
 *   can't be used, and ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED for an option without a counterpart. The property `place` has
 *   file, line and column, and `advice` what to do instead
 */
export function openTunnelFile(file: string, options: OpenTunnelFileOptions = {}): Promise<TunnelFile> {
  return TunnelFile.open(file, options, { tunnels: OF_WINDOWS, files: DISK, watchFolder: WATCH_FOLDER });
}
