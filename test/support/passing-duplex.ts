import { Duplex } from 'node:stream';

/**
 * Passes on what is written, and gives what is read to the derived class. The tests send little, so that there is no
 * back-pressure.
 */
export abstract class PassingDuplex extends Duplex {
  /** Bytes that were read so far. */
  length = 0;
  readonly #inner: Duplex;

  constructor(inner: Duplex) {
    super();
    this.#inner = inner;
    inner.on('data', (chunk: Buffer) => {
      const at = this.length;
      this.length += chunk.length;
      this.hear(chunk, at);
    });
    inner.once('end', () => this.finish());
    inner.once('close', () => this.destroy());
  }

  /** @param at the position of its first byte */
  protected abstract hear(chunk: Buffer, at: number): void;

  /** Nothing more comes. */
  protected abstract finish(): void;

  override _read(): void {
    // hear() pushes.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#inner.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#inner.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#inner.destroy();
    done(error);
  }
}
