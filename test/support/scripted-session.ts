import assert from 'node:assert/strict';
import { Status } from '#lib/tls/engine/status.js';
import type { NativeSessionInfo, NativeHandshakeResult, Role } from '#lib/native/binding.js';
import { connectionOf } from './connection.js';
import { ContractSession, type Decrypted, type Encrypted } from './contract-session.js';

/**
 * How a step ends. Left out: SEC_E_OK, no token, everything taken, and a TLS 1.3 connection when the status asks for
 * one.
 */
interface StepAnswer {
  readonly status?: number;
  readonly syscall?: string;
  readonly token?: string | Uint8Array;
  readonly took?: number;
  readonly info?: NativeSessionInfo | null;
  /** Whom a server that asks for a certificate accepts. */
  readonly issuers?: readonly string[];
}

interface DecryptAnswer {
  readonly status?: number;
  readonly plaintext?: string;
  /** Left out: none. See message-forms.ts. */
  readonly message?: Uint8Array;
  readonly took?: number;
}

export type Call =
  | { readonly name: 'handshake'; readonly given: readonly Uint8Array[]; readonly answer: StepAnswer }
  | { readonly name: 'shutdown'; readonly answer: StepAnswer }
  | { readonly name: 'alert'; readonly description: number; readonly answer: StepAnswer }
  | {
      readonly name: 'encrypt';
      readonly given: string;
      readonly answer: { status?: number; ciphertext?: string };
    }
  | { readonly name: 'decrypt'; readonly given: Uint8Array; readonly answer: DecryptAnswer };

/** The calls of a script: what the engine has to give, and what Windows says to it. */
export const expects = {
  handshake: (given: readonly Uint8Array[], answer: StepAnswer = {}): Call => ({
    name: 'handshake',
    given,
    answer,
  }),
  shutdown: (answer: StepAnswer = {}): Call => ({ name: 'shutdown', answer }),
  alert: (description: number, answer: StepAnswer = {}): Call => ({ name: 'alert', description, answer }),
  encrypt: (given: string, answer: { status?: number; ciphertext?: string } = {}): Call => ({
    name: 'encrypt',
    given,
    answer,
  }),
  decrypt: (given: Uint8Array, answer: DecryptAnswer = {}): Call => ({ name: 'decrypt', given, answer }),
};

/** A session that plays a script, call by call; a call out of turn, or with other bytes, fails the test. */
export class ScriptedSession extends ContractSession {
  readonly #script: Call[];

  constructor(script: readonly Call[], role: Role = 'client') {
    super(role);
    this.#script = [...script];
  }

  get #syscall(): string {
    return this.role === 'client' ? 'InitializeSecurityContextW' : 'AcceptSecurityContext';
  }

  /** Adds calls to what is left of the script. */
  then(...calls: Call[]): void {
    this.#script.push(...calls);
  }

  /** Throws when a call is still to come. */
  assertPlayed(): void {
    assert.deepEqual(
      this.#script.map((call) => call.name),
      [],
      'calls of the script that never came',
    );
  }

  protected answerHandshake(portions: readonly Buffer[]): NativeHandshakeResult {
    const { given, answer } = this.#next('handshake');
    assert.deepEqual(portions.map(readable), given.map(readable));
    return stepOf(this.#syscall, answer, Buffer.concat(portions).length);
  }

  protected answerShutdown(): NativeHandshakeResult {
    return stepOf(this.#syscall, { info: null, ...this.#next('shutdown').answer }, 0);
  }

  protected answerAlert(description: number): NativeHandshakeResult {
    const call = this.#next('alert');
    assert.equal(description, call.description);
    return stepOf(this.#syscall, { info: null, ...call.answer }, 0);
  }

  protected answerEncrypt(plaintext: Buffer): Encrypted {
    const { given, answer } = this.#next('encrypt');
    assert.equal(plaintext.toString('latin1'), given);
    return {
      status: (answer.status ?? Status.Ok) | 0,
      ciphertext: Buffer.from(answer.ciphertext ?? '', 'latin1'),
    };
  }

  protected answerDecrypt(records: Buffer): Decrypted {
    const { given, answer } = this.#next('decrypt');
    assert.equal(readable(records), readable(given));
    return {
      status: (answer.status ?? Status.Ok) | 0,
      plaintext: Buffer.from(answer.plaintext ?? '', 'latin1'),
      message: answer.message ?? Buffer.alloc(0),
      consumed: answer.took ?? records.length,
    };
  }

  #next<Name extends Call['name']>(name: Name): Extract<Call, { name: Name }> {
    const call = this.#script.shift();
    assert.equal(name, call?.name ?? 'nothing', 'the call that the script has next');
    return call as Extract<Call, { name: Name }>;
  }
}

const readable = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function stepOf(syscall: string, answer: StepAnswer, given: number): NativeHandshakeResult {
  const status = answer.status ?? Status.Ok;
  const token = typeof answer.token === 'string' ? Buffer.from(answer.token, 'latin1') : answer.token;
  return {
    status,
    syscall: answer.syscall ?? syscall,
    token: token ?? null,
    consumed: answer.took ?? given,
    info: answer.info === undefined && status === Status.Ok ? connectionOf('1.3') : (answer.info ?? null),
    issuers: answer.issuers?.map((name) => Buffer.from(name, 'latin1')) ?? null,
  };
}
