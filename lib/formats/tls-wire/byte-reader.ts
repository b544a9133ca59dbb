/** The bytes are malformed. The reader of a peer's message catches this. */
export class MalformedMessage extends Error {}

/** Reads the presentation language of TLS (RFC 8446 §3): numbers in network order, vectors behind their length. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Bytes not yet read. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  uint8(): number {
    return this.bytes(1)[0] ?? 0;
  }

  uint16(): number {
    return (this.uint8() << 8) | this.uint8();
  }

  uint24(): number {
    return (this.uint16() << 8) | this.uint8();
  }

  /** @throws MalformedMessage when there are fewer. */
  bytes(length: number): Uint8Array {
    if (length > this.left)
      throw new MalformedMessage(`${String(length)} bytes where ${String(this.left)} are left`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** The content of a vector whose length is a number of one to three bytes. */
  vector(lengthBytes: 1 | 2 | 3, minimum = 0): ByteReader {
    const length = lengthBytes === 1 ? this.uint8() : lengthBytes === 2 ? this.uint16() : this.uint24();
    if (length < minimum) throw new MalformedMessage(`a vector of ${String(length)} bytes`);
    return new ByteReader(this.bytes(length));
  }

  /** The rest, as numbers of two bytes. */
  uint16s(): number[] {
    const numbers: number[] = [];
    while (this.left > 0) numbers.push(this.uint16());
    return numbers;
  }

  /** The rest. */
  rest(): Uint8Array {
    return this.bytes(this.left);
  }

  /** @throws MalformedMessage when something is left. */
  end(): void {
    if (this.left > 0) throw new MalformedMessage(`${String(this.left)} bytes too many`);
  }
}
