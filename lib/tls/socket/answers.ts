import type { Duplex } from 'node:stream';

/**
 * What the engine says by itself, on its way to the transport: handshakes, and answers to what comes after them. A
 * peer that has us answer and does not read must not fill our memory: when much waits it is not heard, and at the
 * limit there is no connection any more. What is waiting of the user's own data does not count, since two sides that
 * both send much have to be heard while they do.
 */
export class Answers {
  readonly #transport: Duplex;
  readonly #limit: number;
  readonly #taken: () => void;
  #waiting = 0;

  /**
   * @param limit bytes that may wait
   * @param taken called when the transport has taken some
   */
  constructor(transport: Duplex, limit: number, taken: () => void) {
    this.#transport = transport;
    this.#limit = limit;
    this.#taken = taken;
  }

  write(bytes: Uint8Array): void {
    this.#waiting += bytes.length;
    this.#transport.write(bytes, () => {
      this.#waiting -= bytes.length;
      this.#taken();
    });
  }

  /** So much waits that the peer should read before it is heard any further. */
  get areMany(): boolean {
    return this.#waiting > this.#limit / 4;
  }

  get areTooMany(): boolean {
    return this.#waiting > this.#limit;
  }
}
