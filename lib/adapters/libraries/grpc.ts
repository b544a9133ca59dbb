import { CallCredentials, ChannelCredentials, experimental } from '@grpc/grpc-js';
import type net from 'node:net';

import { connect as connectTls } from '../../tls/connect.js';
import { untilSecure } from '../starttls/until-secure.js';
import type { Connect, TlsOptions } from './options.js';

export type { Connect, TlsOptions };

/** What @grpc/grpc-js passes to credentials: where to, and the options of the channel. */
type MakeConnector = ChannelCredentials['_createSecureConnector'];

/**
 * The credentials of a client or channel of @grpc/grpc-js. As those of the library, they can be combined with
 * credentials of calls. Each new connection is secured by Schannel.
 *
 * ```js
 * const client = new Greeter('rpc.example:443', schannelGrpc({ certificate: { subject: 'anna' } }));
 * ```
 *
 * Of the options of a channel, `grpc.ssl_target_name_override` is the name that the certificate must match.
 *
 * @param options those of connect()
 * @param connect what secures a connection; by default Schannel's connect()
 */
export function schannelGrpc(options: TlsOptions = {}, connect: Connect = connectTls): ChannelCredentials {
  return new SchannelCredentials(options, connect);
}

class SchannelCredentials extends ChannelCredentials {
  readonly #options: TlsOptions;
  readonly #connect: Connect;

  constructor(options: TlsOptions, connect: Connect) {
    super();
    this.#options = options;
    this.#connect = connect;
  }

  override _isSecure(): boolean {
    return true;
  }

  /** Channels with equal credentials share connections. */
  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(
    ...[target, channel, callCredentials = CallCredentials.createEmpty()]: Parameters<MakeConnector>
  ): experimental.SecureConnector {
    const host = hostOf(target, channel);
    const name = channel['grpc.ssl_target_name_override'];
    return {
      // Also what connect() throws comes by the promise.
      connect: async (socket: net.Socket) => {
        const secured = this.#connect({
          ALPNProtocols: ['h2'],
          ...this.#options,
          ...(name !== undefined && { servername: name }),
          host,
          socket,
        });
        return { socket: await untilSecure(secured, null), secure: true };
      },
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => callCredentials,
      destroy: () => undefined,
    };
  }
}

/** Behind a proxy of the environment, the target is the proxy, and an option has the address of the server. */
function hostOf(...[{ path }, channel]: Parameters<MakeConnector>): string {
  const behind = channel['grpc.http_connect_target'];
  const address = behind?.replace(/^(?:[a-z][\w+.-]*:)?(?:\/\/[^/]*\/)?/i, '') ?? path;
  return experimental.splitHostPort(address)?.host ?? address;
}
