import net from 'node:net';

import { connect as connectTls, type ConnectionOptions } from '../../tls/connect.js';
import type { Connect, TlsOptions } from './options.js';

export type { Connect, TlsOptions };

/** What ws passes on from its address and its options. */
type Target = Omit<ConnectionOptions, 'socket'> & { readonly defaultPort?: number };

/**
 * The options of a WebSocket of ws for a `wss:` address. A `ws:` address is an error.
 *
 * ```js
 * new WebSocket('wss://intranet.example/', { ...schannelWs({ certificate: { subject: 'anna' } }), origin });
 * ```
 *
 * @param options those of connect(). Options of the same name that ws gets count less
 * @param connect what opens connections; by default Schannel's connect()
 */
export function schannelWs(
  options: TlsOptions = {},
  connect: Connect = connectTls,
): { readonly createConnection: (...args: readonly unknown[]) => net.Socket } {
  return {
    createConnection: (...args: readonly unknown[]) => {
      const target = args[0] as Target;
      if (target.defaultPort === 80) throw new TypeError('The address must begin with wss:');
      const { host = '', servername } = target;
      return connect({
        ...target,
        // ws has the path of the URL there.
        path: undefined,
        servername: servername ?? (net.isIP(host) ? undefined : host),
        ...options,
      });
    },
  };
}
