import { HEADER_LENGTH } from '#lib/tls/engine/record.js';
import { Status } from '#lib/tls/engine/status.js';
import type { NativeSessionInfo, NativeHandshakeResult, Role } from '#lib/native/binding.js';
import { connectionOf } from './connection.js';
import { ContractSession, type Decrypted, type Encrypted } from './contract-session.js';
import type { MessageOf } from './message-forms.js';
import { handshakeMessage, handshakeRecord, record, splitRecords } from './records.js';

/**
 * The toy cipher: a record's first byte says what it is, the rest is the content in the clear. With it any conversation
 * can be written down and then cut anywhere, whatever the pieces have to mean is known.
 */
export interface Toy {
  /** A handshake message in a separate record. */
  message(text: string, type?: number): Buffer;
  /** Half a handshake message: Windows takes it together with the next record only. */
  half(text: string): Buffer;
  /** The end of the peer's flight; its certificate is `certificate`. */
  finished(certificate: string, type?: number): Buffer;
  data(text: string): Buffer;
  empty(): Buffer;
  /** A TLS 1.3 message after the handshake. */
  ticket(text: string): Buffer;
  /** TLS 1.2 HelloRequest: a renegotiation without a message. */
  helloRequest(): Buffer;
  closeNotify(): Buffer;
}

/**
 * @param header bytes before the content of a record behind the handshake: 5 as under TLS 1.3, 13 or 21 as the suites
 *   of TLS 1.2 have it
 */
export function toyOf(header: number): Toy {
  const sealed = (type: number, text: string): Buffer =>
    record(type, 'n'.repeat(header - HEADER_LENGTH) + text);
  // What is in the clear has the form of a handshake message.
  const shaken = (type: number, text: string): Buffer =>
    type === 22 ? handshakeRecord(text) : record(type, text);
  return {
    message: (text, type = 22) => shaken(type, `H${text}`),
    half: (text) => handshakeRecord(`P${text}`),
    finished: (certificate, type = 22) => shaken(type, `F${certificate}`),
    data: (text) => sealed(23, `D${text}`),
    empty: () => sealed(23, 'E'),
    ticket: (text) => sealed(23, `T${text}`),
    helloRequest: () => sealed(22, 'R'),
    closeNotify: () => sealed(21, 'C'),
  };
}

/** With a header as under TLS 1.3. */
export const toy = toyOf(HEADER_LENGTH);

export interface ToyOptions {
  readonly role?: Role;
  /** See {@link toyOf}. */
  readonly header?: number;
  /** What decrypt() hands out of a ticket's record; by default all of it. */
  readonly messageOf?: MessageOf;
}

const NOTHING: Buffer = Buffer.alloc(0);

/** Speaks the toy cipher, with Windows' statuses. */
export class ToySession extends ContractSession {
  readonly #version: '1.2' | '1.3';
  readonly #header: number;
  readonly #messageOf: MessageOf;
  /** Handed out, and not taken yet. */
  #message = NOTHING;
  #certificate = '';

  constructor(
    version: '1.2' | '1.3',
    { role = 'client', header = HEADER_LENGTH, messageOf = (whole) => Buffer.from(whole) }: ToyOptions = {},
  ) {
    super(role);
    this.#version = version;
    this.#header = header;
    this.#messageOf = messageOf;
  }

  protected answerHandshake(portions: readonly Buffer[]): NativeHandshakeResult {
    const bytes = Buffer.concat(portions);
    if (this.#message.length > 0) return this.#takeMessage();
    if (bytes.length === 0) return step(Status.ContinueNeeded, '[hello]', 0);
    let consumed = 0;
    let token = '';
    const records = splitRecords(bytes) ?? [];
    for (let index = 0; index < records.length; index += 1) {
      const [length, kind, content] = partsOfHandshake(records[index] ?? NOTHING);
      if (kind === 'P') {
        const next = records[index + 1];
        if (next === undefined) return step(Status.IncompleteMessage, token, consumed);
        consumed += length + next.length;
        token += `[got ${content}${partsOfHandshake(next)[2]}]`;
        index += 1;
      } else if (kind === 'F') {
        this.#certificate = content;
        return step(Status.Ok, `${token}[finished]`, consumed + length, this.#info());
      } else {
        if (kind !== 'H' && records[index]?.[0] !== 20) return step(0x80090326, '', consumed);
        consumed += length;
        if (kind === 'H') token += `[got ${content}]`;
      }
    }
    return step(Status.ContinueNeeded, token, consumed);
  }

  protected answerShutdown(): NativeHandshakeResult {
    return step(Status.Ok, '[close_notify]', 0);
  }

  protected answerAlert(description: number): NativeHandshakeResult {
    return step(Status.Ok, `[alert ${String(description)}]`, 0);
  }

  protected answerEncrypt(plaintext: Buffer): Encrypted {
    return { status: Status.Ok, ciphertext: toy.data(plaintext.toString('latin1')) };
  }

  protected answerDecrypt(records: Buffer): Decrypted {
    let consumed = 0;
    let plaintext = '';
    const answer = (status: number, message = NOTHING): Decrypted => ({
      status: status | 0,
      plaintext: Buffer.from(plaintext, 'latin1'),
      message,
      consumed,
    });
    for (const one of splitRecords(records) ?? []) {
      const [length, kind, content] = partsOf(one, this.#header);
      consumed += length;
      if (kind === 'D') plaintext += content;
      else if (kind === 'T') {
        this.#message = this.#messageOf(one);
        return answer(Status.Renegotiate, this.#message);
      } else if (kind === 'R') return answer(Status.Renegotiate);
      else if (kind === 'C') return answer(Status.ContextExpired);
      else if (kind !== 'E') {
        consumed -= length;
        return answer(0x80090330);
      }
    }
    return answer(Status.Ok);
  }

  /** A ticket: all of it at once, and nothing of what follows. It changes nothing that the handshake settled. */
  #takeMessage(): NativeHandshakeResult {
    const taken = this.#message.length;
    this.#message = NOTHING;
    return step(Status.Ok, '', taken);
  }

  #info(): NativeSessionInfo {
    const info = connectionOf(this.#version, this.#certificate);
    return { ...info, sizes: { ...info.sizes, header: this.#header } };
  }
}

const partsOfHandshake = (one: Buffer): ReturnType<typeof partsOf> =>
  partsOf(one, one[0] === 22 ? HEADER_LENGTH + handshakeMessage('').length : HEADER_LENGTH);

function partsOf(one: Buffer, header: number): [length: number, kind: string, content: string] {
  const fragment = one.subarray(header).toString('latin1');
  return [one.length, fragment.slice(0, 1), fragment.slice(1)];
}

function step(
  status: number,
  token: string,
  consumed: number,
  info: NativeSessionInfo | null = null,
): NativeHandshakeResult {
  return {
    status,
    syscall: 'InitializeSecurityContextW',
    token: token === '' ? null : Buffer.from(token, 'latin1'),
    consumed,
    info,
    issuers: null,
  };
}
