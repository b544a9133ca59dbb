import { Alert } from '../../base/errors/alerts.js';
import type { SchannelErrorCode } from '../../base/errors/codes.js';
import { rejection, type Rejection } from '../../base/errors/rejection.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { MalformedMessage } from '../tls-wire/byte-reader.js';
import type { ClientHello } from './client-hello.js';
import { readMessage, readSsl2Message } from './message.js';

/** Limits on the first message of an unknown peer. */
export interface HelloLimits {
  /**
   * Bytes of records that a hello may take. Honest hellos have 200 to 2,000 bytes, and a few kilobytes more with
   * post-quantum keys and tickets. Schannel accepts a message of 16 KiB unless the machine is configured otherwise
   * (SCHANNEL\Messaging), plus the headers of small records. Hellos are read on the event loop; this limit still has
   * room for ten thousand names of application protocols.
   */
  readonly helloBytes: number;
}

export const HELLO_LIMITS: HelloLimits = Object.freeze({ helloBytes: 20 * 1024 });

/**
 * Why there is no hello: the bytes are not TLS; another kind of record or message came first; the hello is malformed;
 * a record is longer than TLS allows; or the hello exceeds the limit.
 */
export type HelloFaultReason = 'not-tls' | 'not-a-hello' | 'damaged' | 'record-too-long' | 'too-large';

export interface HelloFault extends Rejection<SchannelError> {
  readonly reason: HelloFaultReason;
}

/** How far reading a hello has come. `length` is the number of bytes that were read: all, unless noted below. */
export type HelloProgress =
  | { readonly state: 'incomplete'; readonly length: number }
  /** `length` ends with the record in which the hello ends. What follows it was not read. */
  | { readonly state: 'complete'; readonly length: number; readonly hello: ClientHello }
  | { readonly state: 'faulty'; readonly length: number; readonly fault: HelloFault };

const RECORD_HEADER = 5;
/** RFC 8446 §5.1: records in the clear. */
const LONGEST_FRAGMENT = 16384;
const HANDSHAKE = 22;
const CHANGE_CIPHER_SPEC = 20;
const APPLICATION_DATA = 23;

const MESSAGE_HEADER = 4;
const CLIENT_HELLO = 1;

const SSL2_LENGTH = 2;
const SSL2_HEADER = SSL2_LENGTH + 1;

/**
 * Finds the ClientHello at the start of a stream, however it is split by the transport or into TLS records. Each byte
 * is read once. All bytes are kept, since Schannel needs them too.
 */
export class ClientHelloReader {
  readonly #limits: HelloLimits;
  #memory = new Uint8Array(0);
  #length = 0;
  #progress: HelloProgress = { state: 'incomplete', length: 0 };

  /** Where the next record begins. */
  #at = 0;
  /** The message's first bytes: its type, and its length in three. */
  #header: number[] = [];
  /** The fragments so far, as places in the memory. */
  readonly #fragments: { readonly start: number; readonly end: number }[] = [];
  #collected = 0;

  constructor(limits: HelloLimits = HELLO_LIMITS) {
    this.#limits = limits;
  }

  /** Every byte that was given, hello or not. */
  get received(): Uint8Array {
    return this.#memory.subarray(0, this.#length);
  }

  get progress(): HelloProgress {
    return this.#progress;
  }

  /**
   * Takes the next bytes of the client; they are copied.
   * @throws SchannelError ERR_SCHANNEL_USAGE_PHASE when the hello is complete or faulty already
   */
  push(chunk: Uint8Array): HelloProgress {
    if (this.#progress.state !== 'incomplete') {
      throw new SchannelError('ERR_SCHANNEL_USAGE_PHASE', 'the hello has been read to its end');
    }
    this.#append(chunk);
    this.#progress = this.#read();
    return this.#progress;
  }

  #append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#memory.length) {
      const memory = new Uint8Array(Math.max(length, this.#memory.length * 2));
      memory.set(this.received);
      this.#memory = memory;
    }
    this.#memory.set(chunk, this.#length);
    this.#length = length;
  }

  #read(): HelloProgress {
    const isSsl2 = this.#length > 0 && this.#byte(0) >= 0x80;
    const progress = isSsl2 ? this.#readSsl2() : this.#readRecords();
    if (progress !== null) return progress;
    return this.#length < this.#limits.helloBytes
      ? { state: 'incomplete', length: this.#length }
      : this.#tooLarge();
  }

  /** Null while there are too few bytes to decide. */
  #readRecords(): HelloProgress | null {
    for (;;) {
      const available = this.#length - this.#at;
      const fault = this.#kindFault(available);
      if (fault !== null) return fault;
      if (available < RECORD_HEADER) return null;
      const fragment = this.#uint16(this.#at + 3);
      if (fragment > LONGEST_FRAGMENT) {
        return this.#faulty(
          'record-too-long',
          'the client sent a TLS record longer than the protocol allows',
        );
      }
      // RFC 8446 §5.1: a handshake record has content.
      if (fragment === 0) return this.#faulty('damaged', 'the client sent an empty handshake record');
      if (this.#at + RECORD_HEADER + fragment > this.#limits.helloBytes) return this.#tooLarge();
      if (available < RECORD_HEADER + fragment) return null;
      const progress = this.#takeFragment(this.#at + RECORD_HEADER, fragment);
      if (progress !== null) return progress;
    }
  }

  /** What is wrong with the type of the next record, as soon as it is known. */
  #kindFault(available: number): HelloProgress | null {
    if (available === 0) return null;
    const type = this.#byte(this.#at);
    const isTls =
      type >= CHANGE_CIPHER_SPEC &&
      type <= APPLICATION_DATA &&
      (available < 2 || this.#byte(this.#at + 1) === 3);
    if (!isTls && this.#at === 0) return this.#faulty('not-tls', 'the client did not begin with TLS');
    if (isTls && (type === HANDSHAKE || available < 2)) return null;
    return this.#faulty('not-a-hello', 'the client sent something else before its hello was whole');
  }

  #takeFragment(start: number, length: number): HelloProgress | null {
    this.#at = start + length;
    const missing = Math.min(MESSAGE_HEADER - this.#header.length, length);
    for (let index = 0; index < missing; index += 1) this.#header.push(this.#byte(start + index));
    this.#fragments.push({ start, end: start + length });
    this.#collected += length;
    const [type, high = 0, middle = 0, low = 0] = this.#header;
    if (type !== CLIENT_HELLO)
      return this.#faulty('not-a-hello', `the client began with message ${String(type)}`);
    if (this.#header.length < MESSAGE_HEADER) return null;
    const end = MESSAGE_HEADER + ((high << 16) | (middle << 8) | low);
    if (end > this.#limits.helloBytes) return this.#tooLarge();
    return this.#collected < end ? null : this.#complete(() => readMessage(this.#message(end)));
  }

  /** The body of the message that ends at `end`, fragments joined. */
  #message(end: number): Uint8Array {
    const message = new Uint8Array(this.#collected);
    let at = 0;
    for (const fragment of this.#fragments) {
      message.set(this.#memory.subarray(fragment.start, fragment.end), at);
      at += fragment.end - fragment.start;
    }
    return message.subarray(MESSAGE_HEADER, end);
  }

  #readSsl2(): HelloProgress | null {
    if (this.#length >= SSL2_HEADER && this.#byte(SSL2_LENGTH) !== CLIENT_HELLO) {
      return this.#faulty('not-tls', 'the client did not begin with TLS');
    }
    if (this.#length < SSL2_HEADER) return null;
    const end = SSL2_LENGTH + (this.#uint16(0) & 0x7fff);
    if (end > this.#limits.helloBytes) return this.#tooLarge();
    if (this.#length < end) return null;
    this.#at = end;
    return this.#complete(() => readSsl2Message(this.#memory.subarray(SSL2_HEADER, end)));
  }

  #complete(read: () => ClientHello): HelloProgress {
    try {
      return { state: 'complete', length: this.#at, hello: read() };
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      return this.#faulty('damaged', `the client's hello is malformed: ${error.message}`);
    }
  }

  #tooLarge(): HelloProgress {
    const { helloBytes } = this.#limits;
    return this.#faulty('too-large', `the client's hello has more than ${String(helloBytes)} bytes`);
  }

  #faulty(reason: HelloFaultReason, text: string): HelloProgress {
    return { state: 'faulty', length: this.#length, fault: helloFault(reason, text) };
  }

  #byte(at: number): number {
    return this.#memory[at] ?? 0;
  }

  #uint16(at: number): number {
    return (this.#byte(at) << 8) | this.#byte(at + 1);
  }
}

const KINDS: Readonly<Record<HelloFaultReason, readonly [code: SchannelErrorCode, alert: number | null]>> = {
  'not-tls': ['ERR_SCHANNEL_PEER_NOT_TLS', null],
  'not-a-hello': ['ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE', Alert.UnexpectedMessage],
  damaged: ['ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE', Alert.DecodeError],
  'record-too-long': ['ERR_SCHANNEL_PEER_RECORD_OVERFLOW', Alert.RecordOverflow],
  'too-large': ['ERR_SCHANNEL_PEER_HANDSHAKE_TOO_LARGE', Alert.RecordOverflow],
};

function helloFault(reason: HelloFaultReason, text: string): HelloFault {
  const [code, alert] = KINDS[reason];
  return { reason, ...rejection(code, alert, text) };
}
