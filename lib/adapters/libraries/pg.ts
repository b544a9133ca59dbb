import type net from 'node:net';
import { type Duplex } from 'node:stream';

import { connect as connectTls, type ConnectionOptions } from '../../tls/connect.js';
import { createStartTls } from '../starttls/start-tls.js';
import { untilSecure } from '../starttls/until-secure.js';
import { SecuredLater } from './secured-later.js';
import type { Connect, TlsOptions } from './options.js';

export type { Connect, TlsOptions };

export interface PgOptions extends TlsOptions {
  /** Begin with TLS, as PostgreSQL 17 and later can, without asking for it. Default false. */
  readonly direct?: boolean | undefined;
}

/**
 * The options of a Client or Pool of pg that secure its connections. To pg they are `ssl: false`, since it need not
 * ask for TLS: the stream does, and refuses a server without it.
 *
 * ```js
 * new Client({ host: 'db.example', user: 'anna', ...schannelPg({ certificate: { subject: 'anna' } }) });
 * ```
 *
 * @param options those of connect(), and `direct`
 * @param connect what secures a connection; by default Schannel's connect()
 */
export function schannelPg(
  options: PgOptions = {},
  connect: Connect = connectTls,
): { readonly ssl: false; readonly stream: () => Duplex } {
  const { direct = false, ...tls } = options;
  const startTls = createStartTls<ConnectionOptions, net.Socket>(connect);
  // Also what connect() throws has to end the connection: it comes by the promise.
  const secure = async (raw: net.Socket, host: string): Promise<net.Socket> =>
    direct
      ? untilSecure(connect({ ALPNProtocols: ['postgresql'], ...tls, socket: raw, host }), null)
      : startTls(raw, { ...tls, host, protocol: 'postgres' });
  return { ssl: false, stream: () => new SecuredLater(secure) };
}
