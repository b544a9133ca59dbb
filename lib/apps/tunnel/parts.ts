import net from 'node:net';
import type { Duplex } from 'node:stream';
import { connectThrough, type ConnectThroughOptions } from '../../adapters/proxy/index.js';
import { startTls, type StartTlsOptions } from '../../adapters/starttls/index.js';
import { type Clock, SYSTEM_CLOCK } from '../../base/async/clock.js';
import { connect, type ConnectionOptions } from '../../tls/connect.js';
import type { CertificateChange } from '../../tls/server/followed-identity.js';
import type { ServerOptions } from '../../tls/server/server-options.js';
import { whyNotListen } from '../../windows/port/port-owner.js';
import { createServer, Server } from '../../tls/server/server.js';
import type { ContextSource } from '../../tls/secure-context/factory.js';

/** What a tunnel wants to know of a TLS connection: one of ours, or one of node:tls in tests. */
export interface SecureSocket extends Duplex {
  readonly authorized: boolean;
  readonly authorizationError: unknown;
  readonly servername?: string | false | null | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  isSessionReused(): boolean;
  getProtocol(): string | null;
  getCipher(): { readonly name: string } | undefined;
  getPeerX509Certificate(): { readonly raw: Buffer } | undefined;
}

/** A TLS server that gets its connections from another server. */
export interface SecureServer extends net.Server {
  addContext(name: string, context: ContextSource): void;
}

/** What a tunnel is made of. Tests have other parts, and run on any system. */
export interface TunnelParts {
  /** Connects to a target. */
  readonly open: (options: net.NetConnectOpts) => net.Socket;
  /** Connects to a target through proxies. */
  readonly connectThrough: (options: ConnectThroughOptions) => Promise<net.Socket>;
  readonly connect: (options: ConnectionOptions & { readonly socket: Duplex }) => SecureSocket;
  readonly startTls: (socket: Duplex, options: StartTlsOptions & { required: true }) => Promise<SecureSocket>;
  readonly createServer: (options: ServerOptions) => SecureServer;
  /** Begins TLS on a connection. @returns what {@link connectionOf} returns for its socket */
  readonly begin: (server: SecureServer, transport: net.Socket) => object;
  readonly connectionOf: (socket: SecureSocket) => object;
  /** Has a server of createServer() follow the stores of its certificates, or no longer. */
  readonly follow: (server: SecureServer, follows: boolean) => void;
  /** Makes what listens. */
  readonly createGate: (options: net.ServerOpts) => net.Server;
  /** Why a port can't be listened on, if somebody can say it. */
  readonly whyNotListen: (port: number, code: string) => Promise<string | null>;
  readonly clock: Clock;
}

export const OF_WINDOWS: TunnelParts = {
  open: (options) => net.connect(options),
  connectThrough,
  connect,
  startTls,
  createServer,
  begin: (server, transport) => {
    if (!(server instanceof Server)) throw new TypeError('The server is not one of createServer()');
    return server._secure(transport);
  },
  connectionOf: (socket) => socket,
  follow: (server, follows) => {
    if (server instanceof Server) server._followWhileServing(follows);
  },
  createGate: (options) => net.createServer(options),
  whyNotListen,
  clock: SYSTEM_CLOCK,
};

/** What the servers of a tunnel say about their certificates. */
export type { CertificateChange };
