/** What a client sends before its first frame (RFC 9113 §3.4). */
const PREFACE_LENGTH = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'.length;

/** A frame starts with the length of its payload (24 bits), its type (8 bits) and five more bytes (RFC 9113 §4.1). */
const TYPE_AT = 3;
const HEADER_LENGTH = 9;

/** HEADERS, PUSH_PROMISE and CONTINUATION: Node reports them through process.nextTick(). */
const REPORTED_LATER: readonly number[] = [1, 5, 9];
/** RST_STREAM and GOAWAY: they end streams whose last events may not have been emitted yet. */
const ENDING: readonly number[] = [3, 7];

/** Finds the places in one direction of an HTTP/2 connection where a new turn of the event loop has to begin. */
export class FrameBorders {
  /** Bytes of the current frame that are still missing; 0 while its type is not known yet. */
  #left: number;
  #type = 0;
  #length = 0;
  #headerBytes = 0;

  /** @param sender who sends these bytes */
  constructor(sender: 'client' | 'server') {
    this.#left = sender === 'client' ? PREFACE_LENGTH : 0;
  }

  /** Cuts the bytes into pieces for one turn each. The pieces share the memory of `bytes`. */
  split(bytes: Buffer): Buffer[] {
    const pieces: Buffer[] = [];
    let from = 0;
    const cut = (to: number): void => {
      if (to > from) pieces.push(bytes.subarray(from, to));
      from = Math.max(from, to);
    };
    for (let at = 0; at < bytes.length;) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, bytes.length - at);
        at += step;
        this.#left -= step;
        if (this.#left === 0 && REPORTED_LATER.includes(this.#type)) cut(at);
      } else {
        at = this.#readHeader(bytes, at);
        if (this.#left > 0 && ENDING.includes(this.#type)) cut(at - TYPE_AT - 1);
      }
    }
    cut(bytes.length);
    return pieces;
  }

  /** Reads length and type; every frame has bytes after them. */
  #readHeader(bytes: Buffer, from: number): number {
    let at = from;
    while (this.#headerBytes < TYPE_AT && at < bytes.length) {
      this.#length = this.#length * 256 + bytes.readUInt8(at++);
      this.#headerBytes += 1;
    }
    if (at === bytes.length) return at;
    this.#type = bytes.readUInt8(at++);
    this.#left = HEADER_LENGTH - TYPE_AT - 1 + this.#length;
    this.#length = 0;
    this.#headerBytes = 0;
    return at;
  }
}
