import { Status } from '#lib/engine/status.js';
import type { NativeConnection, NativeStep, Role } from '#lib/native/binding.js';
import { connectionOf } from './connection.js';
import { ContractSession, type Decrypted, type Encrypted } from './contract-session.js';
import { dataRecord, fragmentOf, handshakeRecord, record, splitRecords } from './records.js';

/**
 * The toy cipher: a record's first byte says what it is, the rest is the content in the clear. With it any conversation
 * can be written down and then cut anywhere, whatever the pieces have to mean is known.
 */
export const toy = {
  /** A handshake message in a record of its own. */
  message: (text: string, type = 22): Buffer => record(type, `H${text}`),
  /** Half a handshake message: Windows takes it together with the next record only. */
  half: (text: string): Buffer => handshakeRecord(`P${text}`),
  /** The end of the peer's flight; its certificate is `certificate`. */
  finished: (certificate: string, type = 22): Buffer => record(type, `F${certificate}`),
  data: (text: string): Buffer => dataRecord(`D${text}`),
  empty: (): Buffer => dataRecord('E'),
  /** A TLS 1.3 message after the handshake. */
  ticket: (text: string): Buffer => dataRecord(`T${text}`),
  /** TLS 1.2 HelloRequest: a renegotiation without a message. */
  helloRequest: (): Buffer => handshakeRecord('R'),
  closeNotify: (): Buffer => record(21, 'C'),
};

const NOTHING = Buffer.alloc(0);

/** Speaks the toy cipher, with Windows' statuses. */
export class ToySession extends ContractSession {
  readonly #version: '1.2' | '1.3';
  #message = '';
  #certificate = '';

  constructor(version: '1.2' | '1.3', role: Role = 'client') {
    super(role);
    this.#version = version;
  }

  protected answerHandshake(portions: readonly Buffer[]): NativeStep {
    const bytes = Buffer.concat(portions);
    if (this.#message !== '') return this.#takeMessage();
    if (bytes.length === 0) return step(Status.ContinueNeeded, '[hello]', 0);
    let consumed = 0;
    let token = '';
    const records = splitRecords(bytes) ?? [];
    for (let index = 0; index < records.length; index += 1) {
      const [length, kind, content] = partsOf(records[index] ?? NOTHING);
      if (kind === 'P') {
        const next = records[index + 1];
        if (next === undefined) return step(Status.IncompleteMessage, token, consumed);
        consumed += length + next.length;
        token += `[got ${content}${partsOf(next)[2]}]`;
        index += 1;
      } else if (kind === 'F') {
        this.#certificate = content;
        return step(Status.Ok, `${token}[finished]`, consumed + length, connectionOf(this.#version, content));
      } else {
        if (kind !== 'H' && records[index]?.[0] !== 20) return step(0x80090326, '', consumed);
        consumed += length;
        if (kind === 'H') token += `[got ${content}]`;
      }
    }
    return step(Status.ContinueNeeded, token, consumed);
  }

  protected answerShutdown(): NativeStep {
    return step(Status.Ok, '[close_notify]', 0);
  }

  protected answerAlert(description: number): NativeStep {
    return step(Status.Ok, `[alert ${String(description)}]`, 0);
  }

  protected answerEncrypt(plaintext: Buffer): Encrypted {
    return { status: Status.Ok, ciphertext: toy.data(plaintext.toString('latin1')) };
  }

  protected answerDecrypt(records: Buffer): Decrypted {
    let consumed = 0;
    let plaintext = '';
    const answer = (status: number, message = ''): Decrypted => ({
      status: status | 0,
      plaintext: Buffer.from(plaintext, 'latin1'),
      message: Buffer.from(message, 'latin1'),
      consumed,
    });
    for (const one of splitRecords(records) ?? []) {
      const [length, kind, content] = partsOf(one);
      consumed += length;
      if (kind === 'D') plaintext += content;
      else if (kind === 'T') {
        this.#message = content;
        return answer(Status.Renegotiate, content);
      } else if (kind === 'R') return answer(Status.Renegotiate);
      else if (kind === 'C') return answer(Status.ContextExpired);
      else if (kind !== 'E') return answer(0x80090330);
    }
    return answer(Status.Ok);
  }

  /** A ticket: all of it at once, and nothing of what follows. */
  #takeMessage(): NativeStep {
    const taken = this.#message.length;
    this.#message = '';
    return step(Status.Ok, '', taken, connectionOf(this.#version, this.#certificate));
  }
}

function partsOf(one: Buffer): [length: number, kind: string, content: string] {
  const fragment = fragmentOf(one).toString('latin1');
  return [one.length, fragment.slice(0, 1), fragment.slice(1)];
}

function step(
  status: number,
  token: string,
  consumed: number,
  connection: NativeConnection | null = null,
): NativeStep {
  return {
    status,
    syscall: 'InitializeSecurityContextW',
    token: token === '' ? null : Buffer.from(token, 'latin1'),
    consumed,
    connection,
    issuers: null,
  };
}
