import type { OnReadOpts } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * The `onread` option of net.Socket for plaintext: fills the caller's buffer and calls back, once for each fill.
 * A callback that returns false pauses the socket; what is left comes after resume(), and only then the end.
 */
export class OnReadDelivery {
  readonly #socket: Duplex;
  readonly #onread: OnReadOpts;
  readonly #drained: () => void;
  #waiting: Uint8Array = new Uint8Array(0);

  /** @param drained called when nothing waits any more after resume(): reading may go on */
  constructor(socket: Duplex, onread: OnReadOpts, drained: () => void) {
    this.#socket = socket;
    this.#onread = onread;
    this.#drained = drained;
    socket.on('resume', () => {
      if (this.#drain()) this.#drained();
    });
  }

  /** Plaintext waits for resume(). */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Asks for memory once more: libuv wants some before it learns that there is nothing to fill it with. */
  end(): void {
    const { buffer } = this.#onread;
    if (typeof buffer === 'function') buffer();
  }

  /** False when the caller wants no more for now. */
  deliver(plaintext: Uint8Array): boolean {
    this.#waiting = this.isWaiting ? Buffer.concat([this.#waiting, plaintext]) : plaintext;
    return !this.#socket.isPaused() && this.#drain();
  }

  #drain(): boolean {
    const { buffer } = this.#onread;
    while (this.isWaiting && !this.#socket.destroyed) {
      const target = typeof buffer === 'function' ? buffer() : buffer;
      const count = Math.min(this.#waiting.length, target.length);
      target.set(this.#waiting.subarray(0, count));
      this.#waiting = this.#waiting.subarray(count);
      // Some return nothing, which asks for nothing.
      const answer = this.#onread.callback(count, target) as boolean | undefined;
      if (answer === false) this.#socket.pause();
      if (this.#socket.isPaused()) return false;
    }
    return true;
  }
}
