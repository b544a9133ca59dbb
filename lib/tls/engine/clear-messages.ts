import { ContentType, HEADER_LENGTH, fragmentLength } from './record.js';

/** Type and length, before each handshake message (RFC 8446 §4). */
const MESSAGE_HEADER = 4;

/**
 * Follows handshake messages through the records of a first handshake, as far as they are in the clear. A message may
 * be spread over as many records as it has bytes; Windows answers each of them with SEC_E_INCOMPLETE_MESSAGE and wants
 * all from the first on again. So it is asked only when a message has begun or ended, or when nobody can tell.
 */
export class ClearMessages {
  #isClear = true;
  /** Bytes of the present message's header that have come, and the length that they tell. */
  #header = 0;
  #length = 0;
  /** Bytes of its body that are to come. */
  #missing = 0;

  /** @returns whether Windows may find in these whole records, which follow those before, what it has not found yet */
  follow(records: Uint8Array): boolean {
    let hasNews = false;
    for (let at = 0; at < records.length; at += HEADER_LENGTH + fragmentLength(records, at)) {
      const start = at + HEADER_LENGTH;
      if (this.#followRecord(records[at], records.subarray(start, start + fragmentLength(records, at))))
        hasNews = true;
    }
    return hasNews;
  }

  #followRecord(type: number | undefined, fragment: Uint8Array): boolean {
    // Behind a change_cipher_spec there are keys, also where TLS 1.3 has it for the sake of middleboxes.
    if (type === ContentType.ChangeCipherSpec || type === ContentType.ApplicationData) this.#isClear = false;
    if (!this.#isClear || type !== ContentType.Handshake) return true;
    let hasNews = false;
    for (let at = 0; at < fragment.length;) {
      if (this.#missing > 0) {
        const part = Math.min(this.#missing, fragment.length - at);
        this.#missing -= part;
        at += part;
        if (this.#missing === 0) hasNews = true;
      } else if (this.#readHeader(fragment[at++] ?? 0)) hasNews = true;
    }
    return hasNews;
  }

  /** Takes one byte of a header; true when it was the last: a message has begun. */
  #readHeader(byte: number): boolean {
    if (this.#header > 0) this.#length = (this.#length << 8) | byte;
    this.#header += 1;
    if (this.#header < MESSAGE_HEADER) return false;
    this.#missing = this.#length;
    this.#header = this.#length = 0;
    return true;
  }
}
