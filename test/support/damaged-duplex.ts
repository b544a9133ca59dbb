import type { Duplex } from 'node:stream';
import { PassingDuplex } from './passing-duplex.js';

/** What happens to a byte: one of its bits is turned over, or the stream ends in front of it. */
export type Damage = 'flip' | 'end';

/** Passes everything on, but one byte of what is read comes damaged. */
export class DamagedDuplex extends PassingDuplex {
  readonly #damage: Damage;
  readonly #at: number;
  #ended = false;

  /** @param at the position of the byte, counted from 0; Infinity damages nothing */
  constructor(inner: Duplex, damage: Damage, at: number) {
    super(inner);
    this.#damage = damage;
    this.#at = at;
  }

  protected override hear(chunk: Buffer, start: number): void {
    const at = this.#at - start;
    if (this.#ended) return;
    if (at < 0 || at >= chunk.length) this.push(chunk);
    else if (this.#damage === 'end') {
      this.push(chunk.subarray(0, at));
      this.finish();
    } else {
      const damaged = Buffer.from(chunk);
      // Another bit for each byte, so that none of them is left out.
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (this.#at % 8));
      this.push(damaged);
    }
  }

  protected override finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.push(null);
  }
}
