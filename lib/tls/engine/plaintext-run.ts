import { lackOf } from '../../base/errors/lack.js';
import { ResultWord } from '../../native/binding.js';
import { Arena } from './arena.js';
import type { EngineSession } from './effects.js';
import type { RecordFault } from './record.js';
import { Status } from './status.js';

/** Plaintext of all connections of a thread. */
const arena = new Arena();

/** The records of one delivery, decrypted one after the other until one of them asks for something else. */
export class PlaintextRun {
  /** Status of the last record, signed. */
  status: number = Status.Ok;
  /** Bytes of plaintext so far. */
  written = 0;
  /** The post-handshake message that came with SEC_I_RENEGOTIATE, in its own memory; empty where there is none. */
  message: Uint8Array = EMPTY;
  /** Whole records that the delivery brought. */
  records = 0;
  /** What is wrong with the bytes behind them, and those bytes. */
  fault: RecordFault | null = null;
  behind: Uint8Array = EMPTY;
  readonly #session: EngineSession;
  readonly #result: Int32Array;
  readonly #header: number;
  /** New memory, with room for a record's header before the plaintext: the session needs it to copy only once. */
  #output: Buffer | null = null;
  #filled = 0;
  #inPlace: Uint8Array = EMPTY;

  constructor(session: EngineSession, result: Int32Array, header: number) {
    this.#session = session;
    this.#result = result;
    this.#header = header;
  }

  /**
   * Decrypts `input[start, end)` into new memory, behind what this run has there.
   * @param room bytes of ciphertext that this run will decrypt into new memory in all; counts on the first call
   * @returns how many bytes of the input were taken
   */
  decrypt(input: Uint8Array, start: number, end: number, room: number): number {
    this.#output ??= arena.reserve(this.#header + room);
    const at = this.#header + this.#filled;
    this.#filled += this.#decrypt(input, start, end, this.#output, at);
    return this.#word(ResultWord.Consumed);
  }

  /** Decrypts `chunk[start, end)` where it lies; the last step of a run. */
  decryptInPlace(chunk: Uint8Array, start: number, end: number): number {
    const at = start + this.#header;
    if (at > chunk.length) return this.decrypt(chunk, start, end, end - start);
    this.#inPlace = chunk.subarray(at, at + this.#decrypt(chunk, start, end, chunk, at));
    return this.#word(ResultWord.Consumed);
  }

  /** Notes that no record can begin with these bytes. */
  stopAt(fault: RecordFault, bytes: Uint8Array): this {
    this.fault = fault;
    this.behind = bytes;
    return this;
  }

  /** The plaintext, in order: one piece, or two when records lay in two memories. The caller's to keep. */
  pieces(): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    if (this.#output && this.#filled > 0) {
      pieces.push(arena.keep(this.#output, this.#header + this.#filled).subarray(this.#header));
    }
    if (this.#inPlace.length > 0) pieces.push(this.#inPlace);
    return pieces;
  }

  /** Runs the session and notes the result; returns how many bytes it wrote. */
  #decrypt(input: Uint8Array, start: number, end: number, output: Uint8Array, at: number): number {
    try {
      this.message = this.#session.decrypt(input, start, end, output, at) ?? EMPTY;
    } catch (thrown) {
      this.#result.fill(0);
      this.#result[ResultWord.Status] = lackOf(thrown).status;
    }
    this.status = this.#word(ResultWord.Status);
    const written = this.#word(ResultWord.Written);
    this.written += written;
    return written;
  }

  #word(word: ResultWord): number {
    return this.#result[word] ?? 0;
  }
}

const EMPTY = new Uint8Array(0);
