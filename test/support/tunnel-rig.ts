import { once } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { createConnectThrough } from '#lib/adapters/proxy/connect-through.js';
import type { ProxyTlsOptions } from '#lib/adapters/proxy/index.js';
import { createStartTls } from '#lib/adapters/starttls/start-tls.js';
import type { TunnelParts } from '#lib/apps/tunnel/parts.js';
import type { ConnectionFacts } from '#lib/apps/tunnel/passage.js';
import type { Tunnel } from '#lib/apps/tunnel/tunnel.js';
import type { Clock } from '#lib/base/async/clock.js';
import type { ConnectionOptions } from '#lib/tls/connect.js';

/** node:tls sends no name by itself, and takes null for one. */
const connect = ({ host, servername, ...options }: ConnectionOptions): tls.TLSSocket =>
  tls.connect({
    ...(options as tls.ConnectionOptions),
    ...(host !== undefined && { host }),
    servername: servername ?? (host === undefined || net.isIP(host) !== 0 ? '' : host),
  });

/** A target that never answers. */
export const SILENT = 1;

/** A tunnel of node:tls, for any system. */
export const ofNode = (clock: Clock): TunnelParts => ({
  open: (options) => ('port' in options && options.port === SILENT ? new net.Socket() : net.connect(options)),
  connectThrough: createConnectThrough<ProxyTlsOptions, net.Socket>(
    (options) => connect(options),
    (to) => net.connect(to),
  ),
  connect: (options) => connect(options),
  startTls: createStartTls((options: Omit<ConnectionOptions, 'signal'>) => connect(options)),
  createServer: (options) => tls.createServer(options as tls.TlsOptions),
  begin: (server, transport) => {
    server.emit('connection', transport);
    return transport;
  },
  // Where node:tls keeps the transport of a server.
  connectionOf: (socket) => (socket as unknown as { readonly _parent: object })._parent,
  follow: () => undefined,
  createGate: (options) => net.createServer(options),
  whyNotListen: () => Promise.resolve(null),
  clock,
});

/** Everything that a tunnel has said, in order. */
export interface Heard {
  readonly event: string;
  readonly connection: ConnectionFacts | null;
  readonly error: Error | null;
}

export function listenTo(tunnel: Tunnel): Heard[] {
  const heard: Heard[] = [];
  for (const event of ['connection', 'connected', 'secure', 'open', 'close', 'refused'] as const) {
    tunnel.on(event, (connection: ConnectionFacts, error?: Error | null) => {
      heard.push({ event, connection, error: error ?? null });
    });
  }
  tunnel.on('warning', (error) => heard.push({ event: 'warning', connection: null, error }));
  return heard;
}

/** Servers of a test, which end with it. */
export class Servers {
  readonly #open: (() => void)[] = [];

  /** @returns the port */
  async listen(server: net.Server): Promise<number> {
    const sockets = new Set<Duplex>();
    server.on('connection', (socket: net.Socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
    });
    server.on('secureConnection', (socket: Duplex) => socket.on('error', () => {}));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#open.push(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    return (server.address() as net.AddressInfo).port;
  }

  /** Sends back what comes, behind its own name. */
  async echo(name = ''): Promise<number> {
    return this.listen(
      net.createServer({ allowHalfOpen: true }, (socket) => {
        socket.write(name);
        socket.pipe(socket);
      }),
    );
  }

  end(): void {
    for (const close of this.#open.splice(0)) close();
  }
}

/** All that comes until the end. A loop over the stream would destroy it. @throws the stream's error */
export async function received(stream: Duplex): Promise<Buffer> {
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  await once(stream, 'end');
  return Buffer.concat(pieces);
}

/** The code of the error that ends a stream. */
export async function failure(stream: Duplex): Promise<string> {
  stream.resume();
  if (stream.errored) return codeOf(stream.errored) ?? stream.errored.message;
  const [error] = (await once(stream, 'error')) as [NodeJS.ErrnoException];
  return error.code ?? error.message;
}

export const codeOf = (error: Error | null | undefined): string | undefined =>
  (error as NodeJS.ErrnoException | null | undefined)?.code;
