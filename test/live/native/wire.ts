import type { Socket } from 'node:net';
import { wholeRecords, MAXIMUM_FRAGMENT } from '#lib/tls/engine/record.js';
import { Status } from '#lib/tls/engine/status.js';
import type { NativeSessionInfo, NativeSession, NativeHandshakeResult } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';

/** A raw session of either side on a TCP socket: what is least between Schannel and a peer. */
export class Wire {
  readonly session: NativeSession;
  readonly socket: Socket;
  /** All that came before the handshake's end, in order. */
  received = Buffer.alloc(0);
  #pending = Buffer.alloc(0);
  #connection: NativeSessionInfo | null = null;
  readonly #chunks: AsyncIterator<Buffer>;

  constructor(session: NativeSession, socket: Socket) {
    this.session = session;
    this.socket = socket;
    // Not once('data'): what comes between two of them would be lost.
    this.#chunks = (socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  /** Facts of the handshake; throws before its end. */
  get connection(): NativeSessionInfo {
    if (this.#connection === null) throw new Error('no handshake was completed');
    return this.#connection;
  }

  /** Runs the handshake to its end, good or bad, and sends every token; a client says the first word. */
  async shake(role: 'client' | 'server'): Promise<NativeHandshakeResult> {
    let step = role === 'client' ? await this.#step([]) : await this.#stepWithMore();
    while (step.status === Status.ContinueNeeded || step.status === Status.IncompleteMessage) {
      step = await this.#stepWithMore();
    }
    this.#connection = step.info;
    return step;
  }

  write(text: string): void {
    const input = Buffer.from(text);
    const { header, trailer } = this.connection.sizes;
    const output = Buffer.alloc(header + input.length + trailer);
    this.session.encrypt(input, 0, input.length, output, 0);
    const [status = 0, , written = 0] = native().result;
    if (status !== 0) throw new Error(`encrypt: ${(status >>> 0).toString(16)}`);
    this.socket.write(output.subarray(0, written));
  }

  /** The next plaintext that is not empty; null at the end. */
  async read(): Promise<string | null> {
    for (;;) {
      const { end } = wholeRecords(this.#pending, 0, this.#pending.length, MAXIMUM_FRAGMENT);
      if (end === 0) {
        if (!(await this.#more())) return null;
        continue;
      }
      const output = Buffer.alloc(this.connection.sizes.header + end);
      const message = this.session.decrypt(this.#pending, 0, end, output, this.connection.sizes.header);
      const [status = 0, consumed = 0, written = 0] = native().result;
      const text = output.subarray(this.connection.sizes.header).subarray(0, written);
      this.#pending = this.#pending.subarray(consumed);
      if (status === Status.Renegotiate) await this.#step(message ? [message] : []);
      else if (status === Status.ContextExpired) return null;
      else if (status !== Status.Ok) throw new Error(`decrypt: ${(status >>> 0).toString(16)}`);
      if (written > 0) return text.toString();
    }
  }

  /** Sends close_notify, then FIN. */
  async end(): Promise<NativeHandshakeResult> {
    const step = await new Promise<NativeHandshakeResult>((resolve) => {
      this.session.shutdown(resolve);
    });
    if (step.token !== null) this.socket.write(step.token);
    this.socket.end();
    return step;
  }

  /** Sends a fatal alert. */
  async alert(description: number): Promise<NativeHandshakeResult> {
    const step = await new Promise<NativeHandshakeResult>((resolve) => {
      this.session.alert(description, resolve);
    });
    if (step.token !== null) this.socket.write(step.token);
    return step;
  }

  /** Gives the context and the socket up. */
  close(): void {
    this.session.close();
    this.socket.destroy();
  }

  async #stepWithMore(): Promise<NativeHandshakeResult> {
    for (;;) {
      const { end, fault } = wholeRecords(this.#pending, 0, this.#pending.length, MAXIMUM_FRAGMENT);
      if (fault !== null) throw new Error(`the peer sent no TLS: ${fault}`);
      if (end > 0) {
        const step = await this.#step([this.#pending.subarray(0, end)]);
        this.#pending = this.#pending.subarray(step.consumed);
        if (step.status !== Status.IncompleteMessage) return step;
      }
      if (!(await this.#more())) throw new Error('the peer left within the handshake');
    }
  }

  async #step(portions: readonly Uint8Array[]): Promise<NativeHandshakeResult> {
    const step = await new Promise<NativeHandshakeResult>((resolve) => {
      this.session.handshake(portions, resolve);
    });
    if (step.token !== null) this.socket.write(step.token);
    return step;
  }

  async #more(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done === true) return false;
    if (this.#connection === null) this.received = Buffer.concat([this.received, next.value]);
    this.#pending = Buffer.concat([this.#pending, next.value]);
    return true;
  }
}
