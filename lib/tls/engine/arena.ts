import { markAsUntransferable } from 'node:worker_threads';

/**
 * New memory for bytes that leave us for good, cut from pieces of 264 KiB. Memory that is new to the process costs more
 * than encrypting into it (a page fault for every 4 KiB), and a separate allocation for every record as much again;
 * a piece of this size comes from the heap's used memory. Nothing is ever reused while it can be seen.
 */
export class Arena {
  #memory: Buffer = Buffer.alloc(0);
  #used = 0;

  /** Exactly `length` bytes, valid until the next call; keep() makes the part that was filled the caller's own. */
  reserve(length: number): Buffer {
    // Node's own pool is finer: a short message that is kept should not pin a large piece.
    if (length < SMALLEST) return Buffer.allocUnsafe(length);
    if (length > LARGEST) return Buffer.allocUnsafeSlow(length);
    if (this.#used + length > this.#memory.length) {
      this.#memory = Buffer.allocUnsafeSlow(PIECE);
      // As Node does with its pool: a program that transfers its part to another thread would take away all others.
      markAsUntransferable(this.#memory.buffer);
      this.#used = 0;
    }
    return this.#memory.subarray(this.#used, this.#used + length);
  }

  /** The first `length` bytes of what reserve() gave. */
  keep(reserved: Buffer, length: number): Buffer {
    if (reserved.buffer === this.#memory.buffer) this.#used += (length + ALIGNMENT - 1) & -ALIGNMENT;
    return reserved.subarray(0, length);
  }
}

/** Four times 64 KiB of plaintext, with what protecting that adds. */
const PIECE = 264 * 1024;
const SMALLEST = 4096;
const LARGEST = 128 * 1024;
const ALIGNMENT = 64;
