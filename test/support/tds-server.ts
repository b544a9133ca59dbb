import { Duplex } from 'node:stream';
import tls from 'node:tls';

const HEADER_LENGTH = 8;
const PRELOGIN = 0x12;
const RESPONSE = 0x04;

/** A packet of TDS: type, last of its message, length, SPID, number, window. */
export function tdsPacket(type: number, body: Uint8Array, isLast = true): Buffer {
  const header = Buffer.of(type, isLast ? 1 : 0, 0, 0, 0, 0, 1, 0);
  header.writeUInt16BE(HEADER_LENGTH + body.length, 2);
  return Buffer.concat([header, body]);
}

/** PRELOGIN of a server, as an answer: version 16.0, and this encryption. */
export const tdsAnswer = (encryption: number): Buffer =>
  tdsPacket(RESPONSE, Buffer.of(0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0x10, 0x6c, 0, 0, encryption));

export interface TdsServerOptions extends tls.TLSSocketOptions {
  /** How many bytes of TLS a packet has. Default 4088. */
  readonly packetContent?: number;
}

/**
 * A pretended SQL Server that insists on encryption: it reads PRELOGIN, answers, and speaks TLS in PRELOGIN messages.
 * It takes the first byte that begins no such message for the end of the handshake, as a client then sends its login.
 *
 * @returns its end of the TLS connection, once PRELOGIN was read
 */
export function tdsServer(stream: Duplex, options: TdsServerOptions): Promise<tls.TLSSocket> {
  return new Promise((resolve) => {
    const carrier = new ServerCarrier(stream, options.packetContent ?? 4096 - HEADER_LENGTH, () => {
      stream.write(tdsAnswer(1));
      const secured = new tls.TLSSocket(carrier, { isServer: true, maxVersion: 'TLSv1.2', ...options });
      secured.on('error', () => undefined);
      resolve(secured);
    });
  });
}

class ServerCarrier extends Duplex {
  #hasPrelogin = false;
  readonly #stream: Duplex;
  readonly #packetContent: number;
  readonly #onPrelogin: () => void;
  #pending = Buffer.alloc(0);
  #isBare = false;

  constructor(stream: Duplex, packetContent: number, onPrelogin: () => void) {
    super();
    this.#stream = stream;
    this.#packetContent = packetContent;
    this.#onPrelogin = onPrelogin;
    stream.on('data', (chunk: Buffer) => this.#hear(chunk));
    stream.on('end', () => this.push(null));
    stream.on('close', () => this.destroy());
    stream.on('error', () => undefined);
  }

  #hear(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length > 0) {
      const [type] = this.#pending;
      this.#isBare ||= type !== PRELOGIN;
      if (this.#isBare) {
        this.push(this.#pending);
        this.#pending = Buffer.alloc(0);
        return;
      }
      if (this.#pending.length < HEADER_LENGTH) return;
      const length = this.#pending.readUInt16BE(2);
      if (this.#pending.length < length) return;
      const body = this.#pending.subarray(HEADER_LENGTH, length);
      this.#pending = this.#pending.subarray(length);
      if (this.#hasPrelogin) this.push(body);
      else this.#onPrelogin();
      this.#hasPrelogin = true;
    }
  }

  override _read(): void {
    // #hear() pushes.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#isBare) {
      this.#stream.write(chunk, done);
      return;
    }
    for (let at = 0; at < chunk.length; at += this.#packetContent) {
      const end = at + this.#packetContent;
      this.#stream.write(tdsPacket(PRELOGIN, chunk.subarray(at, end), end >= chunk.length));
    }
    done();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#stream.end(done);
  }
}
