import type { Duplex } from 'node:stream';

import type { Engine } from '../engine/engine.js';
import { memoryFor, type CiphertextMemory } from './ciphertext-memory.js';
import { toError } from '../../base/errors/to-error.js';

/** The part of an engine that encrypts. */
export type Encryptor = Pick<Engine, 'canEncrypt' | 'ciphertextRoom' | 'encrypt'>;

type Done = (error?: Error | null) => void;

/**
 * Turns one write of the socket (all chunks that were queued) into few, large writes of the transport: small chunks
 * are gathered into full records, many records go through Windows in one call, and the next piece is made while the
 * transport has the last one. Done when the transport has taken everything.
 */
export class Sealer {
  readonly #engine: Encryptor;
  readonly #transport: Duplex;
  readonly #memory: CiphertextMemory;
  #chunks: readonly Uint8Array[] = [];
  #index = 0;
  #offset = 0;
  #inFlight = 0;
  #done: Done | null = null;
  #maximumFragment = Infinity;

  constructor(engine: Encryptor, transport: Duplex) {
    this.#engine = engine;
    this.#transport = transport;
    this.#memory = memoryFor(transport);
  }

  /** Largest plaintext of a record, where the caller wants smaller ones than the protocol's (512 to 16384 bytes). */
  set maximumFragment(bytes: number) {
    this.#maximumFragment = bytes;
  }

  /** Begins a write; one at a time. */
  write(chunks: readonly Uint8Array[], done: Done): void {
    this.#chunks = chunks;
    this.#index = 0;
    this.#offset = 0;
    this.#done = done;
    this.#advance(0);
    this.pump();
  }

  /** Goes on where a write stopped because the engine was busy. */
  pump(): void {
    try {
      while (this.#done && this.#hasMore() && !this.#isFull && this.#engine.canEncrypt) this.#piece();
    } catch (error) {
      this.#finish(toError(error));
      return;
    }
    if (this.#inFlight === 0 && !this.#hasMore()) this.#finish(null);
  }

  /** Ends a write that will not go on. */
  abort(error: Error): void {
    this.#finish(error);
  }

  /** The transport has enough. */
  get #isFull(): boolean {
    return this.#inFlight >= this.#memory.inFlight;
  }

  /** Makes one write of the transport, of as many chunks as a piece holds. */
  #piece(): void {
    const { piece } = this.#memory;
    let left = Math.min(this.#left(), piece);
    const memory = this.#memory.take(this.#room(left) + this.#slack());
    let written = 0;
    // Chunks are not joined where they are large, so that there may be more records than their sum needs.
    while (left > 0 && this.#room(left) <= memory.length - written) {
      const plaintext = this.#next(left);
      written += this.#seal(plaintext, memory, written);
      left -= plaintext.length;
    }
    this.#inFlight += written;
    this.#transport.write(this.#memory.fill(memory, written), (error) => {
      this.#inFlight -= written;
      if (error) this.#finish(error);
      else {
        this.#memory.giveBack(memory);
        this.pump();
      }
    });
  }

  #seal(plaintext: Uint8Array, memory: Uint8Array, at: number): number {
    let written = 0;
    for (let start = 0; start < plaintext.length; start += this.#maximumFragment) {
      const end = Math.min(start + this.#maximumFragment, plaintext.length);
      written += this.#engine.encrypt(plaintext, start, end, memory, at + written);
    }
    return written;
  }

  /** Plaintext that is still to be encrypted, as far as a piece goes. */
  #left(): number {
    let left = -this.#offset;
    for (let index = this.#index; index < this.#chunks.length && left < this.#memory.piece; index += 1) {
      left += this.#chunks[index]?.length ?? 0;
    }
    return left;
  }

  /** Bytes of ciphertext that `length` bytes of plaintext can need. */
  #room(length: number): number {
    if (this.#maximumFragment >= length) return this.#engine.ciphertextRoom(length);
    return Math.ceil(length / this.#maximumFragment) * this.#engine.ciphertextRoom(this.#maximumFragment);
  }

  /** What a few records more than needed add, where there is more than one chunk. */
  #slack(): number {
    return this.#index === this.#chunks.length - 1 ? 0 : SLACK_RECORDS * (this.#engine.ciphertextRoom(1) - 1);
  }

  /** The next plaintext to encrypt at once: a large chunk's part as it lies, or small chunks gathered. */
  #next(limit: number): Uint8Array {
    const chunk = this.#chunks[this.#index] ?? EMPTY;
    const left = chunk.length - this.#offset;
    const last = this.#index === this.#chunks.length - 1;
    if (last || left >= GATHERED) {
      const end = Math.min(this.#offset + limit, chunk.length);
      const part = this.#offset === 0 && end === chunk.length ? chunk : chunk.subarray(this.#offset, end);
      this.#advance(end - this.#offset);
      return part;
    }
    let filled = 0;
    const room = Math.min(limit, gathering.length);
    while (this.#hasMore() && filled < room) {
      const source = this.#chunks[this.#index] ?? EMPTY;
      // A very large chunk only fills the record up. The rest of it is encrypted where it lies.
      const isLarge = source.length - this.#offset >= gathering.length;
      const end = isLarge ? Math.min(room, Math.ceil(filled / GATHERED) * GATHERED) : room;
      const count = Math.min(source.length - this.#offset, end - filled);
      gathering.set(
        count === source.length ? source : source.subarray(this.#offset, this.#offset + count),
        filled,
      );
      filled += count;
      this.#advance(count);
      if (isLarge) break;
    }
    return gathering.subarray(0, filled);
  }

  #advance(count: number): void {
    this.#offset += count;
    while (this.#index < this.#chunks.length && this.#offset >= (this.#chunks[this.#index]?.length ?? 0)) {
      this.#index += 1;
      this.#offset = 0;
    }
  }

  #hasMore(): boolean {
    return this.#index < this.#chunks.length;
  }

  #finish(error: Error | null): void {
    const done = this.#done;
    this.#done = null;
    this.#chunks = [];
    this.#index = 0;
    done?.(error);
  }
}

/** Records that a piece may have beyond those that its length needs. */
const SLACK_RECORDS = 8;

/** Chunks below this size are gathered: copying them costs less than a separate record and call. */
const GATHERED = 16384;

/**
 * Where small chunks are gathered; encrypt() has copied them when it returns, so one serves all sockets of a thread.
 */
const gathering = Buffer.allocUnsafeSlow(4 * GATHERED);
const EMPTY = new Uint8Array(0);
