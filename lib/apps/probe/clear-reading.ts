import { Message, type FlightMessage } from '../../formats/server-flight/flight-messages.js';
import { MessageCutter } from '../../formats/server-flight/message-cutter.js';
import { RecordCutter, RecordType, type TlsRecord } from '../../formats/server-flight/record-cutter.js';
import { readServerHello, type ServerHello } from '../../formats/server-flight/server-hello.js';
import { MalformedMessage } from '../../formats/tls-wire/byte-reader.js';
import type { Outcome, Reading } from './outcome.js';

/**
 * Bytes of a server's first flight. Chains of a dozen RSA certificates and long lists of authorities have less; Windows
 * itself accepts messages of 32 KiB from servers.
 */
export const FLIGHT_LIMIT = 64 * 1024;

const WARNING = 1;
const CLOSE_NOTIFY = 0;

/** Reads a flight in the clear, up to the message that was waited for. */
export class ClearReading implements Reading {
  readonly hello: Uint8Array;
  readonly #isLast: (message: FlightMessage) => boolean;
  readonly #records = new RecordCutter(FLIGHT_LIMIT);
  readonly #handshake = new MessageCutter(FLIGHT_LIMIT);
  readonly #messages: FlightMessage[] = [];
  #chosen: ServerHello | null = null;

  /** @param isLast whether nothing after this message is of interest; by default the first one is enough */
  constructor(hello: Uint8Array, isLast: (message: FlightMessage) => boolean = () => true) {
    this.hello = hello;
    this.#isLast = isLast;
  }

  push(chunk: Uint8Array): Outcome | null {
    const { records, fault } = this.#records.push(chunk);
    try {
      for (const record of records) {
        const outcome = this.#take(record);
        if (outcome !== null) return outcome;
      }
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      return this.partial() ?? { end: 'garbled' };
    }
    if (fault === null) return null;
    if (fault === 'not-tls')
      return { end: 'not-tls', text: Buffer.from(this.#records.rest).toString('latin1') };
    return this.partial() ?? { end: fault };
  }

  partial(): Outcome | null {
    return this.#chosen && { end: 'answer', hello: this.#chosen, messages: this.#messages };
  }

  #take({ type, fragment }: TlsRecord): Outcome | null {
    if (type === RecordType.Alert) {
      const [level, alert] = fragment;
      if (level === undefined || alert === undefined) return this.partial() ?? { end: 'garbled' };
      const isOver = level !== WARNING || alert === CLOSE_NOTIFY;
      return isOver ? (this.partial() ?? { end: 'alert', alert }) : null;
    }
    // What follows a ServerHello of TLS 1.3 is encrypted.
    if (type !== RecordType.Handshake) return this.partial();
    const messages = this.#handshake.push(fragment);
    if (messages === null) return this.partial() ?? { end: 'too-much' };
    for (const message of messages) {
      if (this.#chosen === null) {
        if (message.type !== Message.ServerHello) return { end: 'garbled' };
        this.#chosen = readServerHello(message.body);
      }
      this.#messages.push(message);
      if (this.#isLast(message)) return this.partial();
    }
    return null;
  }
}

const SSL2_SERVER_HELLO = 4;

/** Waits for the SERVER-HELLO of SSL 2, whose length has the highest bit set. */
export class Ssl2Reading implements Reading {
  readonly hello: Uint8Array;
  #start: number[] = [];

  constructor(hello: Uint8Array) {
    this.hello = hello;
  }

  push(chunk: Uint8Array): Outcome | null {
    this.#start = [...this.#start, ...chunk.subarray(0, 3)].slice(0, 3);
    const [length = 0, , type] = this.#start;
    if (type === undefined) return null;
    if (length >= 0x80 && type === SSL2_SERVER_HELLO) return { end: 'ssl2' };
    return length === RecordType.Alert ? { end: 'cut', isRefusal: true } : { end: 'garbled' };
  }

  partial(): null {
    return null;
  }
}
