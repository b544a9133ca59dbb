import type http from 'node:http';
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { deferred } from '../../base/async/deferred.js';

/** A server of node:http, of node:https or of schannel/https. */
export type WebServer = Server & Pick<http.Server, 'closeIdleConnections'>;

/** What is open at a server, so that it can end without cutting off an answer. */
export class Connections {
  readonly #server: WebServer;
  readonly #open = new Set<Duplex>();
  /** Connections that are not secure yet, by the address and port of the client. */
  readonly #handshakes = new Map<string, Set<() => void>>();
  readonly #answers = new Set<http.ServerResponse>();
  /** What each had received when its client could begin to talk. */
  readonly #received = new Map<Duplex, number>();
  #ends = false;

  constructor(server: WebServer) {
    this.#server = server;
    server.on('connection', (transport: Duplex) => this.#opened(transport));
    server.on('secureConnection', (socket: Duplex) => {
      this.#ended(clientOf(socket));
      this.#mayTalk(socket);
    });
  }

  /** An answer that the server owes. */
  owe(response: http.ServerResponse): void {
    this.#answers.add(response);
    if (this.#ends) response.shouldKeepAlive = false;
    response.once('close', () => {
      this.#answers.delete(response);
      // Without this, a connection whose answer said that it stays open would stay until the client ends it.
      if (this.#ends) setImmediate(() => this.#server.closeIdleConnections());
    });
  }

  /** Resolves when no handshake is under way that began before. */
  async quiet(): Promise<void> {
    const waits = [...this.#handshakes.values()].map((waiting) => {
      const { promise, resolve } = deferred();
      waiting.add(resolve);
      return promise;
    });
    await Promise.all(waits);
  }

  /**
   * Takes no more connections, and waits until those that are open have had their answers.
   *
   * @param patience ends the wait: what is open then is cut off
   * @returns how many connections were cut off
   */
  async end(patience: Promise<void>): Promise<number> {
    this.#ends = true;
    for (const response of this.#answers) response.shouldKeepAlive = false;
    const closed = new Promise<0>((resolve) => {
      this.#server.close(() => resolve(0));
    });
    this.#server.closeIdleConnections();
    // Browsers open connections that they may need, and Node takes a connection without a request for a busy one.
    for (const [socket, received] of this.#received) if (receivedBy(socket) === received) socket.end();
    const first = await Promise.race([closed, patience.then(() => null)]);
    if (first !== null) return first;
    const cut = this.#open.size;
    for (const transport of this.#open) transport.destroy();
    await closed;
    return cut;
  }

  #opened(transport: Duplex): void {
    const client = clientOf(transport);
    this.#open.add(transport);
    // One that has gone already has no address: several may have the same key.
    this.#handshakes.set(client, this.#handshakes.get(client) ?? new Set());
    // Without TLS.
    if (!('addContext' in this.#server)) this.#mayTalk(transport);
    transport.once('close', () => {
      this.#open.delete(transport);
      this.#ended(client);
    });
  }

  #mayTalk(socket: Duplex): void {
    if (this.#ends) {
      socket.end();
      return;
    }
    this.#received.set(socket, receivedBy(socket));
    socket.once('close', () => this.#received.delete(socket));
  }

  #ended(client: string): void {
    const waiting = this.#handshakes.get(client);
    this.#handshakes.delete(client);
    for (const wake of waiting ?? []) wake();
  }
}

const receivedBy = (stream: Duplex): number => (stream as Partial<Socket>).bytesRead ?? 0;

/** The TLS socket and its transport are different objects with the same client. */
const clientOf = (stream: Duplex): string => {
  const { remoteAddress, remotePort } = stream as { remoteAddress?: string; remotePort?: number };
  return `${String(remoteAddress)} ${String(remotePort)}`;
};
