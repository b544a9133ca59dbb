import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What a handle needs of the socket it belongs to. */
export interface HandleOwner {
  /** The stream underneath, once there is one. */
  transport(): Duplex | null;
  /** Of the async context in which the owner's events come. */
  readonly asyncId: number;
  /** The consumer wants plaintext, or wants no more for now. */
  readingChanged(reading: boolean): void;
  /** Ends the TLS connection and its transport; `closed` is called once the transport is gone. */
  closeTransport(closed: () => void): void;
}

/** The part of net.Socket that streams underneath may have, and other Duplexes may lack. */
type SocketLike = Duplex &
  Partial<
    Pick<
      Socket,
      | 'setNoDelay'
      | 'setKeepAlive'
      | 'ref'
      | 'unref'
      | 'address'
      | 'remoteAddress'
      | 'remotePort'
      | 'remoteFamily'
    >
  >;

/**
 * What net.Socket asks of a libuv handle, answered by the stream underneath. It lets TLSSocket be a net.Socket with
 * all of that class's behaviour (addresses, timeouts, bytesRead, bufferSize, ref, reset) over any Duplex.
 */
export class TransportHandle {
  /** True while the consumer wants plaintext; net.Socket reads and writes it too. */
  reading = false;
  /** Plaintext bytes handed over, and taken. */
  bytesRead = 0;
  bytesWritten = 0;
  /** Plaintext bytes taken whose ciphertext the transport has not taken yet. */
  writeQueueSize = 0;
  /** net.Socket puts a function here when it closes; nothing calls it. */
  onread: (() => void) | null = null;
  readonly #owner: HandleOwner;

  constructor(owner: HandleOwner) {
    this.#owner = owner;
  }

  readStart(): number {
    this.reading = true;
    this.#owner.readingChanged(true);
    return 0;
  }

  readStop(): number {
    this.reading = false;
    this.#owner.readingChanged(false);
    return 0;
  }

  /** An http.Agent that keeps the connection asks for it. */
  getAsyncId(): number {
    return this.#owner.asyncId;
  }

  close(closed: () => void): void {
    this.#owner.closeTransport(closed);
  }

  ref(): void {
    this.#socket?.ref?.();
  }

  unref(): void {
    this.#socket?.unref?.();
  }

  setNoDelay(enable: boolean): number {
    this.#socket?.setNoDelay?.(enable);
    return 0;
  }

  setKeepAlive(enable: boolean, delaySeconds: number): number {
    this.#socket?.setKeepAlive?.(enable, delaySeconds * 1000);
    return 0;
  }

  getpeername(out: Record<string, unknown>): number {
    const socket = this.#socket;
    if (socket?.remoteAddress === undefined) return NOT_CONNECTED;
    Object.assign(out, {
      address: socket.remoteAddress,
      port: socket.remotePort,
      family: socket.remoteFamily,
    });
    return 0;
  }

  getsockname(out: Record<string, unknown>): number {
    const address = this.#socket?.address?.();
    if (!address) return NOT_CONNECTED;
    Object.assign(out, address);
    return 0;
  }

  get #socket(): SocketLike | null {
    return this.#owner.transport();
  }
}

/** Any number but 0 tells net.Socket that there is no address. */
const NOT_CONNECTED = -1;
