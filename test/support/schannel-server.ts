import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { duplexPair, type Duplex, type Readable } from 'node:stream';
import tls from 'node:tls';
import { createServer, type Server, type ServerOptions, type TLSSocket } from 'schannel';
import { TestAuthority, type CertificateOptions, type TestCertificate } from './certificates.js';

let root: Promise<TestAuthority> | undefined;

/** The authority of all servers of a test run. */
export const serverRoot = (): Promise<TestAuthority> =>
  (root ??= TestAuthority.create('CN=schannel servers root', { key: 'rsa' }));

/** A certificate of it; Wine's Schannel serves RSA only. */
export const issueServer = async (options: CertificateOptions = {}): Promise<TestCertificate> =>
  (await serverRoot()).issue({ key: 'rsa', ...options });

let localhost: Promise<TestCertificate> | undefined;

/** The good certificate for localhost that the servers of a test run share. */
export const localhostServer = (): Promise<TestCertificate> => (localhost ??= issueServer());

/** What a client came to, as the server tells it. */
export interface ClientFailure {
  readonly error: NodeJS.ErrnoException;
  readonly socket: TLSSocket;
}

/** A server of ours on loopback. */
export class SchannelServer {
  readonly server: Server;
  /** PEM of the root that its clients have to trust. */
  readonly ca: string;
  /** What 'tlsClientError' told. */
  readonly failures: ClientFailure[] = [];
  readonly #open = new Set<TLSSocket>();

  private constructor(server: Server, ca: string) {
    this.server = server;
    this.ca = ca;
    server.on('secureConnection', (socket: TLSSocket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    });
    server.on('tlsClientError', (error: Error, socket: TLSSocket) => this.failures.push({ error, socket }));
  }

  /** @param serve gets each connection once it is secure; default: sends back what comes */
  static async start(
    options: ServerOptions = {},
    serve: (socket: TLSSocket) => void = (socket) => void socket.pipe(socket),
  ): Promise<SchannelServer> {
    const { cert, key } = await localhostServer();
    const hasIdentity = ['cert', 'key', 'pfx', 'certificate'].some((name) => name in options);
    const server = createServer({ ...(hasIdentity ? {} : { cert, key }), ...options }, serve);
    const started = new SchannelServer(server, (await serverRoot()).certificate.cert);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return started;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** A client of node:tls; its errors are kept, see {@link failureOfClient}. */
  open(options: tls.ConnectionOptions = {}): tls.TLSSocket {
    return tls
      .connect({ port: this.port, host: '127.0.0.1', servername: 'localhost', ca: this.ca, ...options })
      .on('error', () => undefined);
  }

  /** One that is secure. */
  async opened(options: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
    const client = this.open(options);
    await new Promise<void>((resolve, reject) => {
      client.once('secureConnect', resolve).once('error', reject);
    });
    return client;
  }

  /** The next failure, or the first one that nobody has asked for yet. */
  async failure(): Promise<ClientFailure> {
    if (this.failures.length === 0) await once(this.server, 'tlsClientError');
    const failure = this.failures.shift();
    assert.ok(failure);
    return failure;
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    // A client of TLS 1.3 is ready first: its test may be over before the server is secure.
    this.server.on('secureConnection', (socket: TLSSocket) => socket.destroy());
    this.server.close();
    if (this.server.listening || (await this.#connections()) > 0) await once(this.server, 'close');
  }

  #connections(): Promise<number> {
    return new Promise((resolve) => {
      this.server.getConnections((_error, count) => resolve(count));
    });
  }
}

/** How a client of node:tls ends: its error, or null. */
export async function failureOfClient(client: tls.TLSSocket): Promise<NodeJS.ErrnoException | null> {
  let failure: NodeJS.ErrnoException | null = null;
  client.once('error', (error: NodeJS.ErrnoException) => {
    failure = error;
  });
  client.resume();
  if (!client.closed) await new Promise((resolve) => client.once('close', resolve));
  return failure;
}

/** All that comes up to the end, as text. An iterator would destroy the stream then, though it may have more to say. */
export function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    stream
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .once('end', () => resolve(Buffer.concat(chunks).toString()))
      .once('error', reject)
      .once('close', () => reject(new Error('closed before its end')));
  });
}

/**
 * Two ends of a connection in memory. Node's duplexPair() keeps what is written to an end that is gone. With a
 * connection, the other end learns of it after it has read everything.
 */
export function linkedPair(): [near: Duplex, far: Duplex] {
  const pair = duplexPair();
  const [near, far] = pair;
  for (const [gone, left] of [
    [near, far],
    [far, near],
  ] as const) {
    gone.once('close', () => {
      if (left.readableEnded || !gone.writableFinished) left.destroy();
      else left.once('end', () => left.destroy());
    });
  }
  return pair;
}
