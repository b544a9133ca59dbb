import type net from 'node:net';
import type tls from 'node:tls';

import { connect as connectTls, type ConnectionOptions } from '../../tls/connect.js';
import type { Connect, TlsOptions } from './options.js';

export type { Connect, TlsOptions };

/**
 * The options of a Client of ldapts that secure its connections: those to `ldaps:` addresses, and others from
 * `startTLS()` on.
 *
 * ```js
 * const client = new Client({ url: 'ldaps://dc.example', ...schannelLdap({ certificate: { subject: 'anna' } }) });
 * ```
 *
 * @param options those of connect(). What ldapts gets as `tlsOptions`, or startTLS() as its argument, counts more
 * @param connect what opens connections; by default Schannel's connect()
 */
export function schannelLdap(
  options: TlsOptions = {},
  connect: Connect = connectTls,
): { readonly createSecureConnection: typeof tls.connect } {
  return {
    // As ldapts calls it: by position for ldaps:, and with the socket for StartTLS.
    createSecureConnection: (...args: readonly unknown[]) => {
      const [first, host, given] = args;
      const target =
        typeof first === 'object'
          ? { ...nameOf(first as Upgrade), ...first }
          : { port: first as number, host: host as string, ...(given as object | undefined) };
      return connect({ ...options, ...target });
    },
  };
}

type Upgrade = ConnectionOptions & { readonly socket?: net.Socket & { readonly _host?: string } };

/** ldapts gives no name for StartTLS. A socket remembers the one it was connected to, but no address. */
function nameOf({ socket }: Upgrade): { host?: string | undefined } {
  return { host: socket?._host ?? socket?.remoteAddress };
}
