import { type AddressInfo, Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { unexpectedReply } from './errors.js';
import { HandshakeEnd } from './handshake-end.js';

type Done = (error?: Error | null) => void;

/**
 * Carries TLS over TDS 7 ([MS-TDS] 2.2.6.5 and 3.2.5.2): the handshake in PRELOGIN messages, and everything behind it
 * as it is. Each side changes over behind its Finished.
 */
export class PreloginStream extends Duplex {
  readonly #clear: Duplex;
  readonly #sent = new HandshakeEnd();
  readonly #received = new HandshakeEnd();
  /** Of the packet that is coming in. */
  readonly #header: number[] = [];
  #bodyLeft = 0;
  #isWanted = false;

  constructor(clear: Duplex) {
    super();
    this.#clear = clear;
    // The peer's end must not end our side: close_notify comes before.
    clear.allowHalfOpen = true;
    clear.on('readable', () => this.#read());
    clear.on('end', () => this.push(null));
    clear.on('error', (error: Error) => this.destroy(error));
    clear.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#isWanted = true;
    this.#read();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    this.#send(chunk, done);
  }

  /** What was written together is one message if it can be. */
  override _writev(chunks: readonly { readonly chunk: Uint8Array }[], done: Done): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: Done): void {
    this.#clear.end(done);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#clear.destroy();
    done(error);
  }

  #send(bytes: Uint8Array, done: Done): void {
    const length = this.#sent.isReached ? 0 : this.#sent.advance(bytes);
    if (this.#sent.isMissed) {
      done(tooNew());
      return;
    }
    const packets = packetsOf(bytes.subarray(0, length));
    const rest = bytes.subarray(length);
    this.#clear.write(packets.length === 0 ? rest : Buffer.concat([...packets, rest]), done);
  }

  #read(): void {
    while (this.#isWanted && !this.destroyed) {
      const chunk = this.#clear.read() as Buffer | string | null;
      if (chunk === null) return;
      try {
        if (typeof chunk === 'string') throw notTds('text, which a decoder has made of it');
        this.#receive(chunk);
      } catch (error) {
        this.destroy(error as Error);
      }
    }
  }

  #receive(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#received.isReached) {
        this.#give(chunk.subarray(at));
        return;
      }
      if (this.#bodyLeft === 0) {
        this.#header.push(chunk[at] ?? 0);
        at += 1;
        // At once: an alert that is in no packet has fewer bytes than the header of one.
        checkType(this.#header[0]);
        if (this.#header.length === HEADER_LENGTH) this.#bodyLeft = bodyLength(this.#header.splice(0));
      } else {
        const body = chunk.subarray(at, at + this.#bodyLeft);
        at += body.length;
        this.#bodyLeft -= body.length;
        this.#unwrap(body);
      }
    }
  }

  #unwrap(body: Buffer): void {
    const taken = this.#received.advance(body);
    if (this.#received.isMissed) throw tooNew();
    if (this.#received.isReached && (taken < body.length || this.#bodyLeft > 0)) throw notTds();
    this.#give(body);
  }

  #give(bytes: Buffer): void {
    this.#isWanted = this.push(bytes);
  }

  // What net.Socket asks of the stream underneath.

  get remoteAddress(): string | undefined {
    return this.#socket?.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#socket?.remotePort;
  }

  get remoteFamily(): string | undefined {
    return this.#socket?.remoteFamily;
  }

  address(): Partial<AddressInfo> {
    return this.#socket?.address() ?? {};
  }

  setNoDelay(enable?: boolean): this {
    this.#socket?.setNoDelay(enable);
    return this;
  }

  setKeepAlive(enable?: boolean, initialDelay?: number): this {
    this.#socket?.setKeepAlive(enable, initialDelay);
    return this;
  }

  ref(): this {
    this.#socket?.ref();
    return this;
  }

  unref(): this {
    this.#socket?.unref();
    return this;
  }

  get #socket(): Socket | null {
    return this.#clear instanceof Socket ? this.#clear : null;
  }
}

const HEADER_LENGTH = 8;
/** Of a packet, as long as nothing else was negotiated ([MS-TDS] 2.2.3.1.3). */
const LONGEST_PACKET = 4096;
const TYPE_PRELOGIN = 0x12;
const TYPE_RESPONSE = 0x04;
const LAST = 0x01;

/** A message with this content; none without content. */
function packetsOf(content: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = [];
  const longest = LONGEST_PACKET - HEADER_LENGTH;
  for (let at = 0; at < content.length; at += longest) {
    const body = content.subarray(at, at + longest);
    const header = Buffer.alloc(HEADER_LENGTH);
    header[0] = TYPE_PRELOGIN;
    header[1] = at + longest < content.length ? 0 : LAST;
    header.writeUInt16BE(HEADER_LENGTH + body.length, 2);
    header[6] = (at / longest + 1) % 256;
    packets.push(header, body);
  }
  return packets;
}

/** @throws {SchannelError} ERR_SCHANNEL_PEER_STARTTLS_REPLY for another packet */
function checkType(type: number | undefined): void {
  if (type !== TYPE_PRELOGIN && type !== TYPE_RESPONSE) throw notTds();
}

/** @throws {SchannelError} ERR_SCHANNEL_PEER_STARTTLS_REPLY for a packet without content */
function bodyLength(header: readonly number[]): number {
  const [, , high = 0, low = 0] = header;
  const length = high * 256 + low;
  if (length <= HEADER_LENGTH) throw notTds();
  return length - HEADER_LENGTH;
}

const notTds = (what = 'other bytes than those of TDS'): Error =>
  unexpectedReply('What arrived is not a handshake in PRELOGIN messages', what);

/** Only a secureContext that was made before can offer it. */
const tooNew = (): Error =>
  new SchannelError('ERR_SCHANNEL_OPTION_UNSUPPORTED', 'TDS 7 cannot carry TLS 1.3, which was negotiated', {
    phase: 'starttls',
    advice:
      "Make the secure context with maxVersion: 'TLSv1.2'. TDS 8 has TLS 1.3: connect with ALPNProtocols: ['tds/8.0'].",
  });
