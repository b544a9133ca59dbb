import http from 'node:http';

import { givenOptions, type ServerOptions as TlsServerOptions } from '../../tls/server/server-options.js';
import { Server as TlsServer } from '../../tls/server/server.js';
import { callable } from '../../base/callable.js';
import type { TLSSocket } from '../../tls/socket/tls-socket.js';
import { behaveAs } from './borrow.js';

/** Options of createServer(): those of a TLS server and of http.createServer(). */
export interface ServerOptions extends TlsServerOptions, Omit<http.ServerOptions, keyof TlsServerOptions> {}

type RequestListener = http.RequestListener;

/** The methods of http.Server that work here as they are. */
const nodes = http.Server.prototype as unknown as Readonly<
  Record<'setTimeout', (...args: unknown[]) => unknown>
>;

class HttpsServer extends TlsServer {
  // What http.Server derives from its options, with the same meaning and defaults.
  declare timeout: number;
  declare headersTimeout: number;
  declare requestTimeout: number;
  declare keepAliveTimeout: number;
  /** Node 22.19 and later. */
  declare keepAliveTimeoutBuffer: number;
  declare maxHeadersCount: number | null;
  declare maxRequestsPerSocket: number | null;

  /** @throws as schannel's Server and http.Server */
  constructor(options?: ServerOptions | RequestListener | null, listener?: RequestListener) {
    const given: ServerOptions = givenOptions(options);
    const machinery = new http.Server(given);
    super({ noDelay: true, ...given, ALPNProtocols: protocolsOf(given) });
    behaveAs(this, machinery);
    const heard = typeof options === 'function' ? options : listener;
    if (heard) this.on('request', heard);
    this.on('tlsClientError', (error: Error, socket: TLSSocket) => {
      if (!this.emit('clientError', error, socket)) socket.destroy(error);
    });
  }

  /** Destroys every connection. */
  closeAllConnections(): void {
    http.Server.prototype.closeAllConnections.call(this);
  }

  /** Destroys the connections that are idle. */
  closeIdleConnections(): void {
    http.Server.prototype.closeIdleConnections.call(this);
  }

  /** As http.Server's: milliseconds without traffic until the event 'timeout'. */
  setTimeout(milliseconds?: number, listener?: (socket: TLSSocket) => void): this;
  setTimeout(listener: (socket: TLSSocket) => void): this;
  setTimeout(...args: unknown[]): this {
    Reflect.apply(nodes.setTimeout, this, args);
    return this;
  }

  override close(callback?: (error?: Error) => void): this {
    this.closeIdleConnections();
    const checks = Object.getOwnPropertySymbols(this).find(({ description }) => description === CHECKS);
    // http.Server regularly looks for slow requests. There are none any more.
    if (checks) clearInterval(Reflect.get(this, checks) as NodeJS.Timeout);
    return super.close(callback);
  }
}

/**
 * An HTTPS server by Schannel, with the properties, methods and events of https.Server. By default it chooses
 * `http/1.1` by ALPN.
 */
export type Server = HttpsServer;
export const Server = callable(HttpsServer);

/** As https.createServer(). @throws as {@link Server} */
export function createServer(listener?: RequestListener): Server;
export function createServer(options: ServerOptions | null | undefined, listener?: RequestListener): Server;
export function createServer(
  options?: ServerOptions | RequestListener | null,
  listener?: RequestListener,
): Server {
  return new HttpsServer(options, listener);
}

/** The symbol under which http.Server keeps its timer (Node 20 to 26). */
const CHECKS = 'http.server.connectionsCheckingInterval';

function protocolsOf({ ALPNProtocols, ALPNCallback }: ServerOptions): TlsServerOptions['ALPNProtocols'] {
  return ALPNProtocols || ALPNCallback ? ALPNProtocols : ['http/1.1'];
}
