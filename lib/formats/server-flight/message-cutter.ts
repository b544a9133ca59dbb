import type { FlightMessage } from './flight-messages.js';

const HEADER = 4;

/** Joins the fragments of records to handshake messages. A message may span records, and a record hold several. */
export class MessageCutter {
  readonly #limit: number;
  #rest: Buffer = Buffer.alloc(0);

  /** @param limit bytes of one message */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The messages that are whole now; null if the next one is longer than the limit, whatever has arrived of it. */
  push(fragment: Uint8Array): readonly FlightMessage[] | null {
    this.#rest = Buffer.concat([this.#rest, fragment]);
    const messages: FlightMessage[] = [];
    while (this.#rest.length >= HEADER) {
      const length = this.#rest.readUIntBE(1, 3);
      if (length > this.#limit) return null;
      if (this.#rest.length < HEADER + length) break;
      messages.push({ type: this.#rest[0] ?? 0, body: this.#rest.subarray(HEADER, HEADER + length) });
      this.#rest = this.#rest.subarray(HEADER + length);
    }
    return messages;
  }
}
