import type { NativeSessionInfo } from '../../native/binding.js';
import { ByteQueue } from './byte-queue.js';
import type { EngineSession } from './effects.js';
import { isTls13 } from './negotiated.js';
import { PlaintextRun } from './plaintext-run.js';
import {
  HEADER_LENGTH,
  MAXIMUM_FRAGMENT,
  MAXIMUM_FRAGMENT_TLS13,
  countRecords,
  recordLength,
  wholeRecords,
  type RecordFault,
} from './record.js';
import { Status } from './status.js';

/**
 * Ciphertext on its way in. It cuts the stream into records, completes a record that arrives in parts, has whole
 * records decrypted, and keeps everything that Windows has not taken.
 */
export class Inbound {
  readonly #session: EngineSession;
  readonly #result: Int32Array;
  /** A partial record, or what came while nothing could be decrypted. */
  readonly #queue = new ByteQueue();
  #maximumFragment = MAXIMUM_FRAGMENT;
  /** Bytes before the plaintext in a record. */
  #header = 0;

  /** @param result the words in which the session leaves the outcome of decrypt() */
  constructor(session: EngineSession, result: Int32Array) {
    this.#session = session;
    this.#result = result;
  }

  /** Bytes that wait. */
  get length(): number {
    return this.#queue.length;
  }

  /** The bytes that wait, valid until the next {@link append}. */
  view(): Uint8Array {
    return this.#queue.view();
  }

  append(chunk: Uint8Array): void {
    this.#queue.append(chunk);
  }

  /** Puts bytes that a handshake left over before those that wait. */
  prepend(bytes: Uint8Array): void {
    this.#queue.append(Buffer.concat([bytes, this.#queue.take()]));
  }

  /** Forgets the first `count` bytes. */
  consume(count: number): void {
    this.#queue.consume(count);
  }

  /** Hands all bytes to the caller and forgets them. */
  take(): Uint8Array {
    return this.#queue.take();
  }

  clear(): void {
    this.#queue.clear();
  }

  /** From here on records are protected as this handshake agreed. */
  protectAs(info: NativeSessionInfo): void {
    this.#header = info.sizes.header;
    this.#maximumFragment = isTls13(info) ? MAXIMUM_FRAGMENT_TLS13 : MAXIMUM_FRAGMENT;
  }

  /** Where the last whole record before `end` ends in the waiting bytes, and what is wrong behind it. */
  wholeRecords(start: number, end: number): { readonly end: number; readonly fault: RecordFault | null } {
    return wholeRecords(this.#queue.view(), start, end, this.#maximumFragment);
  }

  /**
   * Decrypts every whole record that ends in this chunk, and keeps the rest if the session can go on.
   * @param ownsMemory as in Engine.receive()
   * @returns null if a record that had begun before is still not complete
   */
  decrypt(chunk: Uint8Array, ownsMemory: boolean): PlaintextRun | null {
    if (this.#queue.length > 0) return this.#decryptBehindPartial(chunk);
    const { end, fault } = wholeRecords(chunk, 0, chunk.length, this.#maximumFragment);
    const run = this.#run();
    run.records = countRecords(chunk, 0, end);
    if (end === 0) return this.#settle(run, chunk, 0, fault);
    const at = ownsMemory ? run.decryptInPlace(chunk, 0, end) : run.decrypt(chunk, 0, end);
    return this.#settle(run, chunk, at, fault);
  }

  /** The same, where the beginning of the chunk's first record came before. */
  #decryptBehindPartial(chunk: Uint8Array): PlaintextRun | null {
    const queue = this.#queue;
    const from = this.#completeHeader(chunk);
    const partial = queue.view();
    const length = recordLength(partial, 0, partial.length, this.#maximumFragment);
    if (typeof length === 'string') return this.#run().stopAt(length, partial);
    const start = from + length - partial.length;
    if (length === 0 || start > chunk.length) {
      queue.append(chunk, from, chunk.length, length);
      return null;
    }
    const { end, fault } = wholeRecords(chunk, start, chunk.length, this.#maximumFragment);
    const run = this.#run();
    run.records = 1 + countRecords(chunk, start, end);
    const taken = run.decrypt(chunk, from, end, partial);
    const at = from + Math.max(taken - partial.length, 0);
    queue.recycle(); // its plaintext and its message lie in other memory
    return this.#settle(run, chunk, at, fault);
  }

  /** @param at the bytes of the chunk that were taken */
  #settle(run: PlaintextRun, chunk: Uint8Array, at: number, fault: RecordFault | null): PlaintextRun {
    this.#keepRest(chunk, at, run.status, fault);
    return fault ? run.stopAt(fault, chunk.subarray(at)) : run;
  }

  #run(): PlaintextRun {
    return new PlaintextRun(this.#session, this.#result, this.#header);
  }

  /** Nothing follows an end or an error, nor bytes that are no record. */
  #keepRest(chunk: Uint8Array, at: number, status: number, fault: RecordFault | null): void {
    if (at >= chunk.length) return;
    if (status === Status.Renegotiate) this.#queue.append(chunk, at);
    else if (status === Status.Ok && !fault) {
      const length = recordLength(chunk, at, chunk.length, this.#maximumFragment);
      this.#queue.append(chunk, at, chunk.length, typeof length === 'number' ? length : 0);
    }
  }

  /** Adds to a partial record what it lacks of its header. @returns how many bytes of the chunk that took */
  #completeHeader(chunk: Uint8Array): number {
    const taken = Math.min(Math.max(HEADER_LENGTH - this.#queue.length, 0), chunk.length);
    if (taken > 0) this.#queue.append(chunk, 0, taken);
    return taken;
  }
}
