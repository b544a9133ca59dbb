import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';
import tls from 'node:tls';
import { sharedRoot, type TestCertificate } from './certificates.js';

/** A good certificate for localhost, and what a client has to trust for it. */
export interface Identity {
  readonly certificate: TestCertificate;
  /** PEM of the root. */
  readonly ca: string;
}

let identity: Promise<Identity> | undefined;

/** The identity that all servers of a test run share. */
export function localhostIdentity(): Promise<Identity> {
  identity ??= sharedRoot().then(async (root) => ({
    certificate: await root.issue(),
    ca: root.certificate.cert,
  }));
  return identity;
}

/** A server of this process. */
export interface LoopbackServer {
  /** 0 for a named pipe. */
  readonly port: number;
  /** What went wrong with connections, in order. */
  readonly errors: readonly Error[];
  /** Stops listening and cuts every connection. */
  close(): Promise<void>;
}

export interface TlsServer extends LoopbackServer {
  readonly ca: string;
}

const LOOPBACK: net.ListenOptions = { port: 0, host: '127.0.0.1' };

/**
 * node:tls with a certificate for localhost; `serve` gets each connection once it is secure.
 * @param where default a free loopback port
 */
export async function startTlsServer(
  serve: (socket: tls.TLSSocket) => void,
  options: tls.TlsOptions = {},
  where: net.ListenOptions = LOOPBACK,
): Promise<TlsServer> {
  const { certificate, ca } = await localhostIdentity();
  const { cert, key } = certificate;
  const errors: Error[] = [];
  const server = tls.createServer({ cert, key, ...options }, (socket) => {
    socket.on('error', (error: Error) => errors.push(error));
    serve(socket);
  });
  server.on('tlsClientError', (error: Error) => errors.push(error));
  return { ...(await listen(server, errors, where)), ca };
}

/** A server without TLS: `serve` says what it answers instead. */
export async function startPlainServer(
  serve: (socket: net.Socket) => void,
  options: net.ServerOpts = {},
): Promise<LoopbackServer> {
  const errors: Error[] = [];
  const server = net.createServer(options, (socket) => {
    socket.on('error', (error: Error) => errors.push(error));
    serve(socket);
  });
  return listen(server, errors, LOOPBACK);
}

async function listen(
  server: net.Server,
  errors: readonly Error[],
  where: net.ListenOptions,
): Promise<LoopbackServer> {
  const open = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.listen(where);
  await once(server, 'listening');
  return {
    port: typeof server.address() === 'string' ? 0 : (server.address() as AddressInfo).port,
    errors,
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A client's end of a connection in memory, with node:tls as the server behind it. */
export interface MemoryServer {
  /** What the client speaks TLS over. */
  readonly transport: Duplex;
  /** The server's end of the transport, for what TLS does not do: cut it, add to it. */
  readonly far: Duplex;
  readonly server: tls.TLSSocket;
  readonly ca: string;
}

/** node:tls at the other end of an in-memory pair. */
export async function memoryServer(options: tls.TLSSocketOptions = {}): Promise<MemoryServer> {
  const { certificate, ca } = await localhostIdentity();
  const [transport, far] = duplexPair();
  // A pair keeps what is written to an end that is gone. With a connection, the other end learns of it after it has
  // read everything.
  far.once('close', () => {
    if (transport.readableEnded) transport.destroy();
    else transport.once('end', () => transport.destroy());
  });
  const { cert, key } = certificate;
  const server = new tls.TLSSocket(far, { isServer: true, cert, key, ...options });
  // How a server fares when its client gives up is not what a test of the client asks.
  server.on('error', () => undefined);
  return { transport, far, server, ca };
}
