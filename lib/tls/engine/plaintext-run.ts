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
  /** Bytes of plaintext. */
  written = 0;
  /** The caller's to keep, in one piece; empty where there is none. */
  plaintext: Uint8Array = EMPTY;
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

  constructor(session: EngineSession, result: Int32Array, header: number) {
    this.#session = session;
    this.#result = result;
    this.#header = header;
  }

  /**
   * Decrypts `input[start, end)` into new memory.
   * @param beginning the bytes that come before it, of its first record; they lie elsewhere
   * @returns how many bytes of both were taken
   */
  decrypt(input: Uint8Array, start: number, end: number, beginning?: Uint8Array): number {
    const length = (beginning?.length ?? 0) + end - start;
    // The session needs room for a record's header before the plaintext, to copy only once.
    const output = arena.reserve(this.#header + length);
    const filled = this.#header + this.#decrypt(input, start, end, output, this.#header, beginning);
    if (this.written > 0) this.plaintext = arena.keep(output, filled).subarray(this.#header);
    return this.#word(ResultWord.Consumed);
  }

  /** Decrypts `chunk[start, end)` where it lies. */
  decryptInPlace(chunk: Uint8Array, start: number, end: number): number {
    const at = start + this.#header;
    if (at > chunk.length) return this.decrypt(chunk, start, end);
    this.plaintext = chunk.subarray(at, at + this.#decrypt(chunk, start, end, chunk, at));
    return this.#word(ResultWord.Consumed);
  }

  /** Notes that no record can begin with these bytes. */
  stopAt(fault: RecordFault, bytes: Uint8Array): this {
    this.fault = fault;
    this.behind = bytes;
    return this;
  }

  /** Runs the session and notes the result; returns how many bytes it wrote. */
  #decrypt(
    input: Uint8Array,
    start: number,
    end: number,
    output: Uint8Array,
    at: number,
    beginning?: Uint8Array,
  ): number {
    try {
      this.message = this.#session.decrypt(input, start, end, output, at, beginning) ?? EMPTY;
    } catch (thrown) {
      this.#result.fill(0);
      this.#result[ResultWord.Status] = lackOf(thrown).status;
    }
    this.status = this.#word(ResultWord.Status);
    this.written = this.#word(ResultWord.Written);
    return this.written;
  }

  #word(word: ResultWord): number {
    return this.#result[word] ?? 0;
  }
}

const EMPTY = new Uint8Array(0);
