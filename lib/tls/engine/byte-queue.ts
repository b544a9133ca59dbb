/**
 * Bytes that wait: appended at one end, taken at the other, in one piece of memory that grows by doubling and goes
 * when empty.
 */
export class ByteQueue {
  #memory: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  /** The bytes, valid until the next append(). */
  view(): Uint8Array {
    return this.#memory.subarray(this.#start, this.#end);
  }

  /** Copies `source[start, end)` behind what is there; `room` is the length the queue is expected to reach. */
  append(source: Uint8Array, start = 0, end = source.length, room = 0): void {
    const length = this.length;
    const needed = length + end - start;
    if (this.#start + Math.max(needed, room) > this.#memory.length) {
      // Twice what waits, not twice the memory: a queue that is emptied at one end must not grow at the other.
      const memory = memoryOf(Math.max(needed, room, length * 2));
      memory.set(this.view());
      this.#memory = memory;
      this.#start = 0;
      this.#end = length;
    }
    this.#memory.set(start === 0 && end === source.length ? source : source.subarray(start, end), this.#end);
    this.#end += end - start;
  }

  /** Forgets the first `count` bytes. */
  consume(count: number): void {
    this.#start += count;
    if (this.#start >= this.#end) this.clear();
  }

  /** Hands all bytes to the caller and forgets them. */
  take(): Uint8Array {
    const bytes = this.view();
    this.clear();
    return bytes;
  }

  clear(): void {
    this.#memory = EMPTY;
    this.#start = 0;
    this.#end = 0;
  }

  /** Like clear(), and the next queue that needs memory may get this one: no view of it may be used any more. */
  recycle(): void {
    if (this.#memory.length >= SPARED && this.#memory.length <= 2 * SPARED) spare = this.#memory;
    this.clear();
  }
}

/** A full record: while data flows, most deliveries end within one. */
const SPARED = 16384;

/** Memory that no queue uses. One is enough: a record is completed and decrypted before the next one is kept. */
let spare: Uint8Array | null = null;

function memoryOf(length: number): Uint8Array {
  if (spare === null || spare.length < length || length < SPARED) return Buffer.allocUnsafeSlow(length);
  const memory = spare;
  spare = null;
  return memory;
}

const EMPTY = new Uint8Array(0);
