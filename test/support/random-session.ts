import { HEADER_LENGTH } from '#lib/tls/engine/record.js';
import { Status } from '#lib/tls/engine/status.js';
import type { NativeHandshakeResult, Role } from '#lib/native/binding.js';
import { connectionOf } from './connection.js';
import { ContractSession, type Decrypted, type Encrypted } from './contract-session.js';
import { fragmentOf, splitRecords } from './records.js';

/** Statuses that end a connection, wherever they come; some of them never come where they come here. */
const FATAL = [
  0x80090301, 0x80090304, 0x80090308, 0x8009030f, 0x80090322, 0x80090325, 0x80090326, 0x80090327, 0x80090330,
  0x80090331, 0x80090367, 0x80092010, 0x80070005, 0x00090313, 0x00090364, 0x00090366,
] as const;

type Numbers = (below: number) => number;

/**
 * A session whose Windows says anything that the contract permits, whatever it is given: any status at any moment,
 * tokens with all of them, any part of the input taken, messages of either form, plaintext of any length.
 */
export class RandomSession extends ContractSession {
  /** Calls of handshake(). */
  steps = 0;
  readonly #below: Numbers;
  readonly #version: '1.2' | '1.3';
  readonly #header: number;
  /** One call in so many goes wrong. */
  readonly #luck: number;

  constructor(below: Numbers, role: Role) {
    super(role);
    this.#below = below;
    this.#version = this.#pick(['1.2', '1.3'] as const);
    this.#header = this.#version === '1.3' ? HEADER_LENGTH : this.#pick([5, 13, 21] as const);
    this.#luck = this.#pick([2, 10, 50] as const);
  }

  protected answerHandshake(portions: readonly Buffer[]): NativeHandshakeResult {
    const given = portions.reduce((sum, portion) => sum + portion.length, 0);
    this.steps += 1;
    const status = this.#goesWrong()
      ? this.#pick([
          ...FATAL,
          Status.ContextExpired,
          Status.ContextExpiredError,
          Status.NoRenegotiation,
        ] as const)
      : this.#pick([
          Status.Ok,
          Status.Ok,
          Status.ContinueNeeded,
          Status.IncompleteMessage,
          Status.IncompleteCredentials,
        ] as const);
    const consumed = this.#pick([given, given, portions[0]?.length ?? 0, this.#below(given + 1), 0] as const);
    return this.#step(status, status === Status.IncompleteMessage ? 0 : consumed);
  }

  protected answerShutdown(): NativeHandshakeResult {
    return this.#step(this.#pick([Status.Ok, Status.ContextExpired, 0x80090317] as const), 0);
  }

  protected answerAlert(): NativeHandshakeResult {
    return this.#step(this.#pick([Status.Ok, 0x80090301] as const), 0);
  }

  protected answerEncrypt(plaintext: Buffer): Encrypted {
    if (this.#goesWrong()) return { status: this.#pick(FATAL) | 0, ciphertext: Buffer.alloc(0) };
    return { status: Status.Ok, ciphertext: plaintext };
  }

  protected answerDecrypt(records: Buffer): Decrypted {
    const plaintext: Buffer[] = [];
    let consumed = 0;
    const answer = (status: number, message: Buffer = Buffer.alloc(0)): Decrypted => ({
      status: status | 0,
      plaintext: Buffer.concat(plaintext),
      message,
      consumed,
    });
    for (const record of splitRecords(records) ?? []) {
      if (this.#goesWrong() && this.#below(2) === 0)
        return answer(this.#pick([...FATAL, 0x80090318] as const));
      consumed += record.length;
      const room = Math.max(record.length - this.#header, 0);
      plaintext.push(
        record.subarray(this.#header, this.#header + this.#pick([room, this.#below(room + 1), 0] as const)),
      );
      switch (this.#below(8)) {
        case 0:
          return answer(
            Status.Renegotiate,
            this.#pick([record, fragmentOf(record), Buffer.alloc(0)] as const),
          );
        case 1:
          if (this.#goesWrong()) return answer(Status.ContextExpired);
      }
    }
    return answer(Status.Ok);
  }

  #step(status: number, consumed: number): NativeHandshakeResult {
    const isOk = status === Status.Ok;
    const info = connectionOf(this.#version, this.#pick(['', 'one', 'one', 'another'] as const));
    return {
      status,
      syscall: 'InitializeSecurityContextW',
      token: this.#below(2) === 0 ? Buffer.from('token') : null,
      consumed,
      info: isOk && !this.#goesWrong() ? { ...info, sizes: { ...info.sizes, header: this.#header } } : null,
      issuers: status === Status.IncompleteCredentials ? [] : null,
    };
  }

  #goesWrong(): boolean {
    return this.#below(this.#luck) === 0;
  }

  #pick<const Choice>(choices: readonly [Choice, ...Choice[]]): Choice {
    return choices[this.#below(choices.length)] ?? choices[0];
  }
}
