import { Duplex } from 'node:stream';

/**
 * Passes everything on, but cuts what is read at one position: the bytes from there on come in a chunk of their own,
 * some turns of the event loop later.
 */
export class CutDuplex extends Duplex {
  /** Bytes that were read so far. */
  length = 0;
  readonly #inner: Duplex;
  readonly #at: number;
  readonly #turns: number;
  #held: Buffer[] | null = null;
  #ended = false;

  /**
   * @param at the position of the cut, counted from the first byte; 0 cuts nothing
   * @param turns of the event loop between the two parts
   */
  constructor(inner: Duplex, at: number, turns: number) {
    super();
    this.#inner = inner;
    this.#at = at;
    this.#turns = turns;
    inner.on('data', (chunk: Buffer) => this.#take(chunk));
    inner.once('end', () => {
      this.#ended = true;
      if (this.#held === null) this.push(null);
    });
    inner.once('close', () => this.destroy());
  }

  override _read(): void {
    // The connections that are cut are small: nothing is held back.
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

  #take(chunk: Buffer): void {
    const before = this.length;
    this.length += chunk.length;
    if (this.#held !== null) {
      this.#held.push(chunk);
      return;
    }
    const cut = this.#at - before;
    if (cut <= 0 || cut >= chunk.length) {
      this.push(chunk);
      return;
    }
    this.push(chunk.subarray(0, cut));
    this.#held = [chunk.subarray(cut)];
    this.#wait(this.#turns);
  }

  #wait(turns: number): void {
    if (turns > 0) setImmediate(() => this.#wait(turns - 1));
    else this.#release();
  }

  #release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    if (this.destroyed) return;
    if (held.length > 0) this.push(Buffer.concat(held));
    if (this.#ended) this.push(null);
  }
}
