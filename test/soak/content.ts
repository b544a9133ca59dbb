import { createCipheriv, createHash } from 'node:crypto';
import type { Role } from './plan.js';

const PERIOD = 1 << 20;
/** Of the pattern, for neighbouring numbers to begin far from each other. */
const STRIDE = 0x9e375;

/** What each end of each connection sends: a stretch of one pattern, which both processes make from the seed. */
export class Content {
  /** The pattern, and again, so that a piece of any beginning lies in one piece. */
  readonly #pattern: Buffer;
  readonly #digest: string;

  constructor(seed: number) {
    const key = createHash('sha256').update(`soak ${seed}`).digest();
    const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
    const pattern = cipher.update(Buffer.alloc(PERIOD));
    this.#pattern = Buffer.concat([pattern, pattern]);
    this.#digest = this.#digestNow();
  }

  /** The bytes from `at` on, at most this many, in the memory of the pattern. */
  piece(number: number, from: Role, at: number, length: number): Buffer {
    const start = (number * STRIDE + (from === 'client' ? 0 : PERIOD >> 1) + at) % PERIOD;
    return this.#pattern.subarray(start, start + Math.min(length, PERIOD));
  }

  /** Where in `bytes`, which came at `at`, the first wrong one is; null for none. */
  wrongByte(number: number, from: Role, at: number, bytes: Uint8Array): number | null {
    for (let done = 0; done < bytes.length;) {
      const expected = this.piece(number, from, at + done, bytes.length - done);
      const came = bytes.subarray(done, done + expected.length);
      if (!expected.equals(came))
        return at + done + came.findIndex((byte, index) => byte !== expected[index]);
      done += expected.length;
    }
    return null;
  }

  /** Nobody has written into the pattern, which was given to every socket. */
  get isIntact(): boolean {
    return this.#digestNow() === this.#digest;
  }

  #digestNow(): string {
    return createHash('sha256').update(this.#pattern).digest('hex');
  }
}
