import type { Duplex } from 'node:stream';

import type { Engine } from '../engine/engine.js';
import { PIECE, memoryFor, type CiphertextMemory } from './ciphertext-memory.js';

/** Ciphertext that may be with the transport before more is made. */
const IN_FLIGHT = 256 * 1024;

type Done = (error?: Error | null) => void;

/**
 * Turns one write of the socket (all chunks that were queued) into few, large writes of the transport: small chunks
 * are gathered into full records, many records go through Windows in one call, and the next piece is made while the
 * transport has the last one. Done when the transport has taken everything.
 */
export class Sealer {
  readonly #engine: Engine;
  readonly #transport: Duplex;
  readonly #memory: CiphertextMemory;
  #chunks: readonly Uint8Array[] = [];
  #index = 0;
  #offset = 0;
  #inFlight = 0;
  #done: Done | null = null;
  #maximumFragment = PIECE;

  constructor(engine: Engine, transport: Duplex) {
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
      while (this.#done && this.#hasMore() && this.#inFlight < IN_FLIGHT && this.#engine.canEncrypt)
        this.#piece();
    } catch (error) {
      this.#finish(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    if (this.#inFlight === 0 && !this.#hasMore()) this.#finish(null);
  }

  /** Ends a write that will not go on. */
  abort(error: Error): void {
    this.#finish(error);
  }

  #piece(): void {
    const plaintext = this.#next();
    const memory = this.#memory.take(this.#room(plaintext.length));
    let written = 0;
    for (let at = 0; at < plaintext.length; at += this.#maximumFragment) {
      const end = Math.min(at + this.#maximumFragment, plaintext.length);
      written += this.#engine.encrypt(plaintext, at, end, memory, written);
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

  #room(length: number): number {
    if (this.#maximumFragment >= length) return this.#engine.ciphertextRoom(length);
    return Math.ceil(length / this.#maximumFragment) * this.#engine.ciphertextRoom(this.#maximumFragment);
  }

  /** The next plaintext to encrypt at once: a large chunk's part as it lies, or small chunks gathered. */
  #next(): Uint8Array {
    const chunk = this.#chunks[this.#index] ?? EMPTY;
    const left = chunk.length - this.#offset;
    const last = this.#index === this.#chunks.length - 1;
    if (last || left >= GATHERED) {
      const end = Math.min(this.#offset + PIECE, chunk.length);
      const part = this.#offset === 0 && end === chunk.length ? chunk : chunk.subarray(this.#offset, end);
      this.#advance(end - this.#offset);
      return part;
    }
    let filled = 0;
    while (this.#hasMore() && filled < gathering.length) {
      const source = this.#chunks[this.#index] ?? EMPTY;
      const count = Math.min(source.length - this.#offset, gathering.length - filled);
      gathering.set(
        count === source.length ? source : source.subarray(this.#offset, this.#offset + count),
        filled,
      );
      filled += count;
      this.#advance(count);
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

/** Chunks below this size are gathered: copying them costs less than a record and a call of their own. */
const GATHERED = 16384;

/** Where small chunks are gathered; encrypt() has copied them when it returns, so one serves all sockets of a thread. */
const gathering = Buffer.allocUnsafeSlow(4 * GATHERED);
const EMPTY = new Uint8Array(0);
