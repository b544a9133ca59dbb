/** Content types of records (RFC 5246 §6.2.1). */
const CHANGE_CIPHER_SPEC = 20;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;

const HEADER_LENGTH = 5;

/**
 * Finds where a handshake of TLS up to 1.2 ends in what one side sends: behind Finished, the first message behind
 * ChangeCipherSpec. That is so in a full handshake and in one that resumes a session.
 */
export class HandshakeEnd {
  /** Finished is complete. */
  isReached = false;
  /** Data came first: this is TLS 1.3, which looks like data from its second flight on. */
  isMissed = false;
  #hasChangedCipherSpec = false;
  readonly #header: number[] = [];
  #bodyLeft = 0;

  /** @returns how many of these bytes belong to the handshake */
  advance(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length && !this.isReached) {
      if (this.#header.length < HEADER_LENGTH) {
        this.#header.push(bytes[at] ?? 0);
        at += 1;
        if (this.#header.length === HEADER_LENGTH) this.#begin();
      } else {
        const taken = Math.min(this.#bodyLeft, bytes.length - at);
        this.#bodyLeft -= taken;
        at += taken;
      }
      if (this.#header.length === HEADER_LENGTH && this.#bodyLeft === 0) this.#finish();
    }
    return at;
  }

  #begin(): void {
    const [type, , , high = 0, low = 0] = this.#header;
    this.#bodyLeft = high * 256 + low;
    if (type === APPLICATION_DATA) this.isMissed = true;
  }

  #finish(): void {
    const [type] = this.#header.splice(0);
    if (type === CHANGE_CIPHER_SPEC) this.#hasChangedCipherSpec = true;
    else if (type === HANDSHAKE && this.#hasChangedCipherSpec) this.isReached = true;
  }
}
