import { Duplex } from 'node:stream';

/** Says at once that it has taken what it was given, and passes it on later without having copied it. */
export class EagerDuplex extends Duplex {
  readonly #inner: Duplex;
  readonly #queue: Buffer[] = [];

  constructor(inner: Duplex) {
    super();
    this.#inner = inner;
    inner.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) inner.pause();
    });
    inner.once('end', () => this.push(null));
    inner.once('close', () => this.destroy());
  }

  override _read(): void {
    this.#inner.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#queue.push(chunk);
    setImmediate(() => this.#inner.write(this.#queue.shift()));
    done();
  }

  override _final(done: (error?: Error | null) => void): void {
    setImmediate(() => this.#inner.end(done));
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#inner.destroy();
    done(error);
  }
}
