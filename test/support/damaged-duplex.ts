import { Duplex } from 'node:stream';

/** What happens to a byte: one of its bits is turned over, or the stream ends in front of it. */
export type Damage = 'flip' | 'end';

/** Passes everything on, but one byte of what is read comes damaged. */
export class DamagedDuplex extends Duplex {
  /** Bytes that were read so far. */
  length = 0;
  readonly #inner: Duplex;
  readonly #damage: Damage;
  readonly #at: number;
  #ended = false;

  /** @param at the position of the byte, counted from 0; Infinity damages nothing */
  constructor(inner: Duplex, damage: Damage, at: number) {
    super();
    this.#inner = inner;
    this.#damage = damage;
    this.#at = at;
    inner.on('data', (chunk: Buffer) => this.#take(chunk));
    inner.once('end', () => this.#end());
    inner.once('close', () => this.destroy());
  }

  override _read(): void {
    // What is damaged is small: nothing is held back.
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
    const at = this.#at - this.length;
    this.length += chunk.length;
    if (this.#ended) return;
    if (at < 0 || at >= chunk.length) this.push(chunk);
    else if (this.#damage === 'end') {
      this.push(chunk.subarray(0, at));
      this.#end();
    } else {
      const damaged = Buffer.from(chunk);
      // Another bit for each byte, so that none of them is left out.
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (this.#at % 8));
      this.push(damaged);
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.push(null);
  }
}
