import http2 from 'node:http2';
import type net from 'node:net';
import { promisify } from 'node:util';

import { connect as connectTls, type ConnectionOptions } from '../../tls/connect.js';
import { fitClientSession } from './session-socket.js';

/** Options of connect(): those of http2.connect() and of schannel's connect(). */
export interface ClientSessionOptions
  extends
    Omit<http2.ClientSessionOptions, 'createConnection'>,
    Omit<ConnectionOptions, 'host' | 'port' | 'path' | keyof http2.ClientSessionOptions> {}

/** Read now, because schannel/register replaces it by the one of this module. */
const { connect: nodeConnect } = http2;

/** A URL, or the parts of it that say where to connect. */
export interface Authority {
  readonly protocol?: string;
  readonly hostname?: string;
  readonly host?: string;
  readonly port?: string | number;
}

export type Listener = (session: http2.ClientHttp2Session, socket: net.Socket) => void;

/**
 * As http2.connect(), over Schannel; `h2` is offered by ALPN unless `ALPNProtocols` says otherwise.
 * @throws as http2.connect() and schannel's connect()
 */
export function connect(authority: string | Authority, listener?: Listener): http2.ClientHttp2Session;
export function connect(
  authority: string | Authority,
  options?: ClientSessionOptions,
  listener?: Listener,
): http2.ClientHttp2Session;
export function connect(
  authority: string | Authority,
  first?: ClientSessionOptions | Listener,
  second?: Listener,
): http2.ClientHttp2Session {
  const [options, listener] = typeof first === 'function' ? [{}, first] : [first ?? {}, second];
  const socket = connectTls({ ALPNProtocols: ['h2'], ...options, ...whereTo(authority) });
  // `servername` is passed on because it is the name in `:authority`.
  const session = nodeConnect(authority as string | URL, { ...options, createConnection: () => socket });
  fitClientSession(session);
  if (listener) session.once('connect', listener);
  return session;
}

Object.defineProperty(connect, promisify.custom, { value: promised(connect) });

/** What util.promisify() makes of a connect(). */
export function promised(
  open: (
    authority: string | Authority,
    options: ClientSessionOptions | undefined,
    listener: Listener,
  ) => http2.ClientHttp2Session,
) {
  return (authority: string | Authority, options?: ClientSessionOptions): Promise<http2.ClientHttp2Session> =>
    new Promise((resolve, reject) => {
      const session = open(authority, options, () => {
        session.off('error', reject);
        resolve(session);
      });
      session.once('error', reject);
    });
}

function whereTo(authority: string | Authority): { host: string; port: number } {
  const { hostname, host, port } = typeof authority === 'string' ? new URL(authority) : authority;
  return {
    host: ([hostname, host].find((name) => name) ?? 'localhost').replace(/^\[(.*)\]$/, '$1'),
    port: port === undefined || port === '' ? 443 : Number(port),
  };
}
