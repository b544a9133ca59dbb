import http from 'node:http';
import http2 from 'node:http2';

import { behaveAs } from '../https/borrow.js';
import type { ServerOptions as TlsServerOptions } from '../../tls/server/server-options.js';
import { Server as TlsServer } from '../../tls/server/server.js';
import { callable } from '../../base/callable.js';
import type { TLSSocket } from '../../tls/socket/tls-socket.js';
import { fitServerSession } from './session-socket.js';

/** Options of createSecureServer(): those of http2.createServer() and of a TLS server. */
export interface SecureServerOptions
  extends TlsServerOptions, Omit<http2.ServerOptions, keyof TlsServerOptions> {
  /** Serve HTTP/1.1 to clients that do not offer `h2`. Default false. */
  readonly allowHTTP1?: boolean | undefined;
  readonly origins?: string[] | undefined;
}

type RequestListener = (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => void;

class SecureServer extends TlsServer {
  declare timeout: number;
  readonly #sessions = new Set<http2.ServerHttp2Session>();
  readonly #allowHTTP1: boolean;

  /** @throws as schannel's Server and http2.createServer() */
  constructor(options: SecureServerOptions = {}, listener?: RequestListener) {
    const model = http2.createServer(options);
    super({ noDelay: true, ...options, ALPNProtocols: protocolsOf(options) });
    this.#allowHTTP1 = options.allowHTTP1 === true;
    // This listener is the first, so that later ones can ask who the client is.
    this.on('session', (session: http2.ServerHttp2Session) => {
      fitServerSession(session);
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
    });
    behaveAs(this, model);
    if (this.#allowHTTP1) behaveAs(this, new http.Server(options), ['listening']);
    if (typeof listener === 'function') this.on('request', listener);
    this.on('tlsClientError', (error: Error, socket: TLSSocket) => {
      if (!this.emit('clientError', error, socket)) socket.destroy(error);
    });
  }

  /** Milliseconds without traffic until a session's 'timeout'. */
  setTimeout(milliseconds: number, listener?: () => void): this {
    this.timeout = milliseconds;
    if (listener) this.on('timeout', listener);
    return this;
  }

  /** Settings for future sessions. @throws as Http2Server's */
  updateSettings(settings: http2.Settings): void {
    plain.updateSettings.call(this, settings);
  }

  /** Accepts no more connections. Sessions finish their open streams. */
  override close(callback?: (error?: Error) => void): this {
    super.close(callback);
    if (this.#allowHTTP1) http.Server.prototype.closeIdleConnections.call(this);
    for (const session of this.#sessions) session.close();
    return this;
  }
}

/** Node does not export the class. */
const plain = Object.getPrototypeOf(http2.createServer()) as http2.Http2Server;

/** An HTTP/2 server by Schannel, with the properties, methods and events of Http2SecureServer. */
export type Http2SecureServer = SecureServer;
export const Http2SecureServer = callable(SecureServer);

/** As http2.createSecureServer(). @throws as {@link Http2SecureServer} */
export function createSecureServer(listener?: RequestListener): Http2SecureServer;
export function createSecureServer(
  options: SecureServerOptions,
  listener?: RequestListener,
): Http2SecureServer;
export function createSecureServer(
  options?: SecureServerOptions | RequestListener,
  listener?: RequestListener,
): Http2SecureServer {
  return typeof options === 'function' ? new SecureServer({}, options) : new SecureServer(options, listener);
}

function protocolsOf({ ALPNCallback, allowHTTP1 }: SecureServerOptions): TlsServerOptions['ALPNProtocols'] {
  if (ALPNCallback) return undefined;
  return allowHTTP1 === true ? ['h2', 'http/1.1'] : ['h2'];
}
