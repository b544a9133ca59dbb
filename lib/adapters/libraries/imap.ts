import net from 'node:net';
import type { Duplex } from 'node:stream';

import { connect as connectTls, type ConnectionOptions } from '../../tls/connect.js';
import type { Connect, TlsOptions } from './options.js';

export type { Connect, TlsOptions };

/** Where ImapFlow connects to, with the `tls` of its options. */
interface Target {
  readonly host: string;
  readonly port: number;
  readonly servername?: string | undefined;
  readonly tls?: object | undefined;
}

/** The `transport` of ImapFlow. */
export interface ImapTransport {
  connect(target: Target & { readonly secure: boolean }, onConnect: () => void): net.Socket;
  upgrade(socket: Duplex, target: Target, onSecure: () => void): net.Socket;
}

/**
 * The `transport` of ImapFlow that secures its connections: from the first byte with `secure: true`, otherwise by
 * STARTTLS. ImapFlow speaks the part in the clear. Set `doSTARTTLS: true`, so that it never goes on without TLS.
 *
 * ```js
 * new ImapFlow({ host: 'mail.example', port: 993, secure: true, auth, transport: schannelImap() });
 * ```
 *
 * @param options those of connect(). What ImapFlow gets as `tls` counts more
 * @param connect what opens connections; by default Schannel's connect()
 */
export function schannelImap(options: TlsOptions = {}, connect: Connect = connectTls): ImapTransport {
  // As in ImapFlow, its own name for the host counts least.
  const secured = (
    { servername, ...target }: ConnectionOptions,
    own: object | undefined,
    then: () => void,
  ): net.Socket =>
    connect({ ...(servername && { servername }), ...options, ...own, ...target }).once('secureConnect', then);
  return {
    connect: ({ host, port, servername, tls, secure }, onConnect) =>
      secure
        ? secured({ host, port, servername }, tls, onConnect)
        : net.connect({ host, port }).once('connect', onConnect),
    upgrade: (socket, { host, servername, tls }, onSecure) =>
      secured({ socket, host, servername }, tls, onSecure),
  };
}
