import type { Server } from 'node:net';

import { PulledIterator } from '../../windows/store/pulled-iterator.js';
import type { TLSSocket } from '../socket/tls-socket.js';

/** How many connections wait for a loop that is busy. Others are closed, with the event 'drop'. */
export const LONGEST_WAIT = 100;

/** The part of a server that is listened to. */
export type ConnectionSource = Pick<Server, 'on' | 'removeListener' | 'emit'>;

/**
 * The secure connections of a server, for `for await`. It ends when the server closes, after the connections that wait,
 * and fails with the server's error. When the loop is left, the connections that wait are closed.
 */
export class Connections extends PulledIterator<TLSSocket> {
  readonly #server: ConnectionSource;
  #waiting: TLSSocket[] = [];
  readonly #left: (iteration: Connections) => void;
  #isClosing = false;
  #isOver = false;
  #error: Error | null = null;
  #wake: () => void = () => undefined;

  /** @param left called once it takes no more connections */
  constructor(server: ConnectionSource, left: (iteration: Connections) => void) {
    super(null);
    this.#server = server;
    this.#left = left;
    server.on('secureConnection', this.#onConnection).on('error', this.#onError);
    this.begin();
  }

  /** The server takes no more connections. */
  close(): void {
    this.#isClosing = true;
    this.#wake();
  }

  protected override async produce(): Promise<readonly TLSSocket[]> {
    for (;;) {
      const next = this.#waiting.shift();
      // What was closed while it waited is of no use any more.
      if (next?.destroyed === false) return [next];
      if (next !== undefined) continue;
      if (this.#error !== null) throw this.#error;
      if (this.#isClosing) this.end();
      if (this.#isOver) return [];
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  protected override stop(): void {
    this.#isOver = true;
    this.#server.removeListener('secureConnection', this.#onConnection);
    this.#server.removeListener('error', this.#onError);
    for (const socket of this.#waiting.splice(0)) socket.destroy();
    this.#wake();
    this.#left(this);
  }

  protected override discard(socket: TLSSocket): void {
    socket.destroy();
  }

  readonly #onConnection = (socket: TLSSocket): void => {
    // Clients that have gone leave their places to others.
    if (this.#waiting.length >= LONGEST_WAIT)
      this.#waiting = this.#waiting.filter(({ destroyed }) => !destroyed);
    if (this.#waiting.length < LONGEST_WAIT) {
      this.#waiting.push(socket);
      this.#wake();
      return;
    }
    const { localAddress, localPort, remoteAddress, remotePort, remoteFamily } = socket;
    socket.destroy();
    this.#server.emit('drop', { localAddress, localPort, remoteAddress, remotePort, remoteFamily });
  };

  readonly #onError = (error: Error): void => {
    this.#error = error;
    this.#wake();
  };
}
