import type { Duplex } from 'node:stream';

import type { Engine } from '../engine/engine.js';
import { memoryFor, type CiphertextMemory } from './ciphertext-memory.js';
import { toError } from '../../base/errors/to-error.js';

/** The part of an engine that encrypts. */
export type Encryptor = Pick<Engine, 'canEncrypt' | 'ciphertextRoom' | 'encrypt' | 'sizes'>;

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
    const left = Math.min(this.#left(), this.#memory.piece);
    const memory = this.#memory.take(this.#room(left));
    const chunk = this.#chunks[this.#index] ?? EMPTY;
    const written =
      chunk.length - this.#offset >= left ? this.#seal(chunk, left, memory) : this.#gather(left, memory);
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

  /** Encrypts the next `left` bytes, which lie in one chunk. */
  #seal(chunk: Uint8Array, left: number, memory: Uint8Array): number {
    const end = this.#offset + left;
    const step = Math.min(this.#maximumFragment, left);
    let written = 0;
    for (let start = this.#offset; start < end; start += step) {
      written += this.#engine.encrypt(chunk, start, Math.min(start + step, end), memory, written);
    }
    this.#advance(left);
    return written;
  }

  /** Puts the next `left` bytes, of several chunks, where they are encrypted. Full records are one call. */
  #gather(left: number, memory: Uint8Array): number {
    const { header, trailer, maximumMessage } = this.#engine.sizes ?? NO_SIZES;
    if (this.#maximumFragment >= maximumMessage) {
      const end = this.#lay(memory, header, left, maximumMessage, header + trailer);
      return this.#engine.encrypt(memory, header, end, memory, 0);
    }
    let written = 0;
    for (let rest = left; rest > 0; rest -= this.#maximumFragment) {
      const start = written + header;
      const end = this.#lay(memory, start, Math.min(rest, this.#maximumFragment), maximumMessage, 0);
      written += this.#engine.encrypt(memory, start, end, memory, written);
    }
    return written;
  }

  /**
   * Copies the next `count` bytes into `memory` from `at` on, with a gap after each `portion` bytes.
   * @returns where the last one ends
   */
  #lay(memory: Uint8Array, at: number, count: number, portion: number, gap: number): number {
    let to = at;
    let room = portion;
    for (let rest = count; rest > 0 && this.#hasMore();) {
      if (room === 0) {
        to += gap;
        room = portion;
      }
      const chunk = this.#chunks[this.#index] ?? EMPTY;
      const length = Math.min(chunk.length - this.#offset, room, rest);
      const isWhole = length === chunk.length;
      memory.set(isWhole ? chunk : chunk.subarray(this.#offset, this.#offset + length), to);
      to += length;
      room -= length;
      rest -= length;
      this.#advance(length);
    }
    return to;
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

/** Before a handshake is complete nothing is encrypted. */
const NO_SIZES = { header: 0, trailer: 0, maximumMessage: Infinity };
const EMPTY = new Uint8Array(0);
