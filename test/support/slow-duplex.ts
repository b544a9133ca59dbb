import { Duplex } from 'node:stream';

/**
 * A stream that is as unlike a socket as the contract allows: it takes one chunk at a time and calls back a turn
 * later, gives data in small pieces only when asked, and has buffers of one byte.
 */
export class SlowDuplex extends Duplex {
  readonly #inner: Duplex;
  readonly #piece: number;

  /** @param piece bytes that are read at once */
  constructor(inner: Duplex, piece = 100) {
    super({ highWaterMark: 1 });
    this.#inner = inner;
    this.#piece = piece;
    inner.on('readable', () => this.#pump());
    inner.once('end', () => this.push(null));
    inner.once('error', (error) => this.destroy(error));
    inner.once('close', () => this.destroy());
  }

  override _read(): void {
    setImmediate(() => this.#pump());
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    setImmediate(() => this.#inner.write(chunk, done));
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#inner.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#inner.destroy();
    done(error);
  }

  #pump(): void {
    for (;;) {
      const length = Math.min(this.#piece, this.#inner.readableLength);
      if (length === 0) break;
      if (!this.push(this.#inner.read(length))) return;
    }
    // An empty read is what makes a stream at its end say so.
    this.#inner.read(0);
  }
}
