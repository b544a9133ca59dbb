import assert from 'node:assert/strict';
import type { EngineSession } from '#lib/tls/engine/effects.js';
import { Status } from '#lib/tls/engine/status.js';
import type {
  Callback,
  NativeCredential,
  NativeHandshakeResult,
  NativeStreamSizes,
  Role,
} from '#lib/native/binding.js';
import { splitRecords } from './records.js';

/** What a decrypt() call leaves behind. */
export interface Decrypted {
  readonly status: number;
  readonly plaintext: Uint8Array;
  /** SECBUFFER_EXTRA; belongs to SEC_I_RENEGOTIATE. */
  readonly message: Uint8Array;
  readonly consumed: number;
}

/** What an encrypt() call leaves behind. */
export interface Encrypted {
  readonly status: number;
  readonly ciphertext: Uint8Array;
}

/**
 * A session that knows no TLS but every rule of the contract in lib/native/binding.ts, and fails the test on the call
 * that breaks one. What it answers is for the derived classes. A step ends when the test says so: completeStep().
 */
export abstract class ContractSession implements EngineSession {
  readonly role: Role;
  readonly result = new Int32Array(3);
  /** Called at each call the engine makes. */
  onCall: () => void = () => undefined;

  /** Every rule that was broken, also when something swallowed the exception. */
  readonly #broken: string[] = [];
  #pending: (() => void) | null = null;
  #begun = false;
  #closed = false;
  #dead = false;
  #shutDown = false;
  /** Of records, once the session is open. */
  #sizes: NativeStreamSizes = { header: 0, trailer: 0, maximumMessage: Infinity };
  /** A handshake has the context: at first, and from SEC_I_RENEGOTIATE until a step has ended it. */
  #handshaking = true;
  /** A step ended with SEC_I_INCOMPLETE_CREDENTIALS and no credential was set since. */
  #asked = false;
  /** What was set, in order. */
  readonly chosen: (NativeCredential | null)[] = [];
  /** What setRequestFlags() was given, in order. */
  readonly requestFlags: number[] = [];
  /** What handshake() has not taken yet of the message that came with SEC_I_RENEGOTIATE. */
  #message: Uint8Array = Buffer.alloc(0);

  constructor(role: Role = 'client') {
    this.role = role;
  }

  protected abstract answerHandshake(portions: readonly Buffer[]): NativeHandshakeResult;
  protected abstract answerShutdown(): NativeHandshakeResult;
  protected abstract answerAlert(description: number): NativeHandshakeResult;
  protected abstract answerEncrypt(plaintext: Buffer): Encrypted;
  protected abstract answerDecrypt(records: Buffer): Decrypted;

  get busy(): boolean {
    return this.#pending !== null;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Lets the step that runs end; its callback runs before this returns. */
  completeStep(): void {
    const pending = this.#pending;
    assert.ok(pending, 'no step is under way');
    this.#pending = null;
    pending();
  }

  /** Throws when any rule was ever broken. */
  assertContract(): void {
    assert.deepEqual(this.#broken, []);
  }

  handshake(portions: readonly Uint8Array[], callback: Callback<NativeHandshakeResult>): void {
    this.#enter('handshake');
    this.#require(this.#handshaking || portions.length === 0, 'handshake() while no handshake is under way');
    this.#require(!this.#asked, 'handshake() without an answer to the request for a certificate');
    this.#checkPortions(portions);
    this.#require(
      this.#begun || (portions.length === 0) === (this.role === 'client'),
      'handshake() begins without input on a client, with input on a server',
    );
    this.#begun = true;
    const opensAnother = !this.#handshaking;
    const step = this.answerHandshake(portions.map((portion) => Buffer.from(portion)));
    this.#message = this.#message.subarray(Math.min(step.consumed, this.#message.length));
    this.#run(step, callback, () => {
      this.#asked = step.status === Status.IncompleteCredentials;
      const isRequest = opensAnother && step.token !== null;
      const isExpired = step.status === Status.ContextExpired || step.status === Status.ContextExpiredError;
      const isOver =
        step.status === Status.Ok || step.status === Status.NoRenegotiation || (this.#shutDown && isExpired);
      this.#handshaking = isRequest || (!opensAnother && !isOver);
      if (!this.#handshaking) this.#message = Buffer.alloc(0);
    });
  }

  setCredential(credential: NativeCredential | null): void {
    this.#enter('setCredential');
    this.#require(this.#asked, 'setCredential() though nobody asked');
    this.#asked = false;
    this.chosen.push(credential);
  }

  setRequestFlags(flags: number): void {
    this.#enter('setRequestFlags');
    this.requestFlags.push(flags);
  }

  shutdown(callback: Callback<NativeHandshakeResult>): void {
    this.#enter('shutdown');
    this.#require(!this.#handshaking, 'shutdown() during a handshake');
    this.#require(!this.#shutDown, 'shutdown() twice');
    this.#shutDown = true;
    this.#run(this.answerShutdown(), callback);
  }

  alert(description: number, callback: Callback<NativeHandshakeResult>): void {
    this.#enter('alert');
    this.#dead = true;
    this.#run(this.answerAlert(description), callback);
  }

  encrypt(input: Uint8Array, start: number, end: number, output: Uint8Array, outputStart: number): void {
    this.#enter('encrypt');
    this.#require(!this.#handshaking, 'encrypt() during a handshake');
    this.#require(!this.#shutDown, 'encrypt() after shutdown()');
    const inPlace = sameStart(input.subarray(start), output.subarray(outputStart + this.#sizes.header));
    const plaintext = this.#plaintextIn(input.subarray(start, end), inPlace);
    const { status, ciphertext } = this.answerEncrypt(plaintext);
    this.#require(outputStart + ciphertext.length <= output.length, 'encrypt() without room for the records');
    this.#require(
      inPlace || !overlap(input.subarray(start, end), output.subarray(outputStart)),
      'encrypt() over its own input',
    );
    output.set(ciphertext, outputStart);
    this.#report(status, plaintext.length, ciphertext.length);
  }

  /** In place there are gaps between the plaintexts of two records. */
  #plaintextIn(input: Uint8Array, inPlace: boolean): Buffer {
    if (!inPlace) return Buffer.from(input);
    const { header, trailer, maximumMessage } = this.#sizes;
    const portions: Uint8Array[] = [];
    for (let at = 0; at < input.length; at += maximumMessage + trailer + header)
      portions.push(input.subarray(at, at + maximumMessage));
    return Buffer.concat(portions);
  }

  decrypt(
    input: Uint8Array,
    start: number,
    end: number,
    output: Uint8Array,
    outputStart: number,
    beginning: Uint8Array = Buffer.alloc(0),
  ): Uint8Array | undefined {
    this.#enter('decrypt');
    this.#require(!this.#handshaking, 'decrypt() during a handshake');
    const records = Buffer.concat([beginning, input.subarray(start, end)]);
    const length = beginning.length + end - start;
    this.#require(records.length === length && length > 0, 'decrypt() of nothing');
    const first = splitRecords(records)?.[0];
    this.#require(first !== undefined, 'decrypt() of a partial record');
    this.#require(
      (first?.length ?? 0) >= beginning.length,
      'decrypt() of more than one record before its input',
    );
    const before = Math.min(this.#sizes.header, outputStart);
    const reserved = output.subarray(outputStart - before, outputStart - before + records.length);
    this.#require(reserved.length === records.length, 'decrypt() without room for the records');
    const isInPlace = sameStart(input.subarray(start), reserved) && before === this.#sizes.header;
    const inPlace = isInPlace && beginning.length === 0;
    this.#require(inPlace || !overlap(input.subarray(start, end), reserved), 'decrypt() over its own input');
    this.#require(!overlap(beginning, reserved), 'decrypt() over the beginning of its input');
    const { status, plaintext, message, consumed } = this.answerDecrypt(records);
    const failed = status < 0 ? (splitRecords(records.subarray(consumed))?.[0]?.length ?? 0) : 0;
    this.#require(
      plaintext.length === 0 || before + plaintext.length <= consumed,
      'a script whose plaintext is longer than its records',
    );
    // What the contract permits is done: all bytes behind the plaintext that records were copied to are spoilt.
    reserved.subarray(before, consumed + failed).fill(0xee);
    output.set(plaintext, outputStart);
    this.#report(status, consumed, plaintext.length);
    if (status !== Status.Renegotiate) return undefined;
    this.#handshaking = true;
    this.#message = Buffer.from(message);
    return message.length > 0 ? Buffer.from(message) : undefined;
  }

  close(): void {
    this.#closed = true;
    this.onCall();
  }

  #enter(call: string): void {
    this.#require(!this.#closed, `${call}() after close()`);
    this.#require(!this.busy, `${call}() while a step runs`);
    this.#require(!this.#dead, `${call}() after alert()`);
    this.onCall();
  }

  /** A pending post-handshake message comes first; everything behind it is whole records. */
  #checkPortions(portions: readonly Uint8Array[]): void {
    this.#require(
      portions.every((portion) => portion.length > 0),
      'handshake() with an empty portion',
    );
    const bytes = Buffer.concat(portions);
    const message = bytes.subarray(0, this.#message.length);
    this.#require(
      this.#message.length === 0 || message.equals(this.#message),
      'handshake() without the message',
    );
    let skip = message.length;
    for (const portion of portions) {
      const records = portion.subarray(Math.min(skip, portion.length));
      skip -= portion.length - records.length;
      this.#require(splitRecords(records) !== null, 'handshake() with a partial record');
    }
  }

  #run(step: NativeHandshakeResult, callback: Callback<NativeHandshakeResult>, ended?: () => void): void {
    this.#pending = () => {
      this.#sizes = step.info?.sizes ?? this.#sizes;
      ended?.();
      callback(step);
    };
  }

  #report(status: number, consumed: number, written: number): void {
    this.result.set([status, consumed, written]); // in the order of ResultWord
  }

  #require(holds: boolean, rule: string): void {
    if (holds) return;
    this.#broken.push(rule);
    assert.fail(rule);
  }
}

function sameStart(a: Uint8Array, b: Uint8Array): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset;
}

/** Views of the same memory; those of Node's pool lie in one buffer, side by side. */
function overlap(a: Uint8Array, b: Uint8Array): boolean {
  if (a.buffer !== b.buffer) return false;
  return a.byteOffset < b.byteOffset + b.length && b.byteOffset < a.byteOffset + a.length;
}
