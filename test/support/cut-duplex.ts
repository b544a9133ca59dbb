import type { Duplex } from 'node:stream';
import { PassingDuplex } from './passing-duplex.js';

/**
 * Passes everything on, but cuts what is read at one position: the bytes from there on come in a separate chunk, some
 * turns of the event loop later.
 */
export class CutDuplex extends PassingDuplex {
  readonly #at: number;
  readonly #turns: number;
  #held: Buffer[] | null = null;
  #ended = false;

  /**
   * @param at the position of the cut, counted from the first byte; 0 cuts nothing
   * @param turns of the event loop between the two parts
   */
  constructor(inner: Duplex, at: number, turns: number) {
    super(inner);
    this.#at = at;
    this.#turns = turns;
  }

  protected override hear(chunk: Buffer, start: number): void {
    if (this.#held !== null) {
      this.#held.push(chunk);
      return;
    }
    const cut = this.#at - start;
    if (cut <= 0 || cut >= chunk.length) {
      this.push(chunk);
      return;
    }
    this.push(chunk.subarray(0, cut));
    this.#held = [chunk.subarray(cut)];
    this.#wait(this.#turns);
  }

  protected override finish(): void {
    this.#ended = true;
    if (this.#held === null) this.push(null);
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
