/** The bytes are malformed. This error never leaves this folder. */
export class MalformedHello extends Error {}

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

  /** @throws MalformedHello when there are fewer. */
  bytes(length: number): Uint8Array {
    if (length > this.left)
      throw new MalformedHello(`${String(length)} bytes where ${String(this.left)} are left`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** The content of a vector whose length is a number of one or two bytes. */
  vector(lengthBytes: 1 | 2, minimum = 0): ByteReader {
    const length = lengthBytes === 1 ? this.uint8() : this.uint16();
    if (length < minimum) throw new MalformedHello(`a vector of ${String(length)} bytes`);
    return new ByteReader(this.bytes(length));
  }

  /** The rest, as numbers of two bytes. */
  uint16s(): number[] {
    const numbers: number[] = [];
    while (this.left > 0) numbers.push(this.uint16());
    return numbers;
  }

  /** @throws MalformedHello when something is left. */
  end(): void {
    if (this.left > 0) throw new MalformedHello(`${String(this.left)} bytes too many`);
  }
}
