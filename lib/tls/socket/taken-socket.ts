import net from 'node:net';
import type { Duplex } from 'node:stream';

import { sharedRead } from './read-area.js';

/** What net.Socket keeps of itself, and does not declare. */
interface Inside {
  /** libuv's handle, or what stands in for one. */
  readonly _handle: object | null;
  readonly _readableState: { readonly ended: boolean };
  /** Whose timeout is put off by what goes through this socket too. */
  _parent: net.Socket | null;
}

type Done = (error?: Error | null) => void;

/**
 * Another socket on the handle of one that a program has given us, as node:tls takes the handle: whatever the program
 * has done to its own socket, or does to it later, concerns that socket. Its decoder changes no ciphertext, its
 * listeners hear none, and to remove them takes nothing from us. It keeps what is its own: its timeout, its counters,
 * its addresses, and what it writes, which goes out first. Either one that is destroyed destroys the other.
 */
export class TakenSocket extends net.Socket {
  /** What the owner's socket had read before. */
  readonly early: readonly unknown[];
  /** 'close' has been emitted, or is about to be. */
  isGone = false;
  readonly #owner: net.Socket;

  /**
   * @param owner one that {@link canBeTaken}
   * @param receive gets what comes; the memory is its own only until it returns
   */
  constructor(owner: net.Socket, receive: (chunk: Uint8Array) => void) {
    const early = takeBuffered(owner);
    const { buffer, callback } = sharedRead(receive);
    const options: net.SocketConstructorOpts & {
      handle: unknown;
      pauseOnCreate: boolean;
      onread: net.OnReadOpts;
    } = {
      handle: insideOf(owner)._handle,
      allowHalfOpen: true,
      pauseOnCreate: true,
      onread: {
        buffer,
        // The owner's socket can have the handle read as well.
        callback: (length, filled) => callback(length, filled) && !this.isPaused(),
      },
    };
    super(options);
    this.early = early;
    this.#owner = owner;
    insideOf(this)._parent = owner;
    // The handle goes with its owner, some time before 'close' is emitted.
    Object.defineProperty(this, '_handle', { get: () => insideOf(owner)._handle });
    owner.on('error', (error: Error) => this.destroy(error));
    owner.on('close', () => {
      this.isGone = true;
      this.destroy();
      // As net.Socket, which emits this by itself; at once, so that later listeners of the owner find TLS destroyed.
      this.emit('close', this.errored !== null);
    });
  }

  override _write(chunk: Uint8Array, encoding: BufferEncoding, done: Done): void {
    this.#inTurn(done, () => super._write(chunk, encoding, done));
  }

  override _writev(chunks: { chunk: Uint8Array; encoding: BufferEncoding }[], done: Done): void {
    this.#inTurn(done, () => super._writev?.(chunks, done));
  }

  override _final(done: Done): void {
    this.#inTurn(done, () => super._final(done));
  }

  /** The handle is the owner's to close, and 'close' comes when it has. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    done(error);
    this.#owner.destroy();
  }

  override resetAndDestroy(): this {
    this.#owner.resetAndDestroy();
    return this.destroy();
  }

  override setNoDelay(enable?: boolean): this {
    this.#owner.setNoDelay(enable);
    return this;
  }

  override setKeepAlive(enable?: boolean, initialDelay?: number): this {
    this.#owner.setKeepAlive(enable, initialDelay);
    return this;
  }

  override ref(): this {
    this.#owner.ref();
    return this;
  }

  override unref(): this {
    this.#owner.unref();
    return this;
  }

  /** Behind what the owner has written. */
  #inTurn(done: Done, action: () => void): void {
    const owner = this.#owner;
    // Its handle is gone, and 'close' is still to come.
    if (owner.destroyed) this.destroy();
    else if (owner.writableLength === 0) action();
    else owner.write('', (error) => (error ? done(error) : action()));
  }
}

/**
 * Whether a stream is a connected socket of libuv's that goes on being read. Others have a handle of JavaScript or
 * none: TLS of node:tls or ours, a stand-in of somebody's.
 */
export function canBeTaken(stream: Duplex): stream is net.Socket {
  if (!(stream instanceof net.Socket) || stream.destroyed || stream.connecting) return false;
  const { _handle, _readableState } = insideOf(stream);
  // At the end of what it is sent a handle cannot be read again (libuv on Windows: UV_ENOTCONN).
  return _handle !== null && KERNEL_HANDLES.includes(classOf(_handle)) && !_readableState.ended;
}

/** The classes of libuv's handles for TCP, and for named pipes and Unix sockets. */
const KERNEL_HANDLES = ['TCP', 'Pipe'];

/** Takes out what a socket has read and nobody has taken yet; those who listen to it don't hear of it. */
function takeBuffered(socket: net.Socket): unknown[] {
  if (socket.readableLength === 0) return [];
  const chunks: unknown[] = [];
  const emit = Object.getOwnPropertyDescriptor(socket, 'emit');
  // read() emits what it returns.
  socket.emit = (event: string | symbol) => event === 'data';
  try {
    for (let chunk: unknown; (chunk = socket.read()) !== null;) chunks.push(chunk);
  } finally {
    if (emit) Object.defineProperty(socket, 'emit', emit);
    else Reflect.deleteProperty(socket, 'emit');
  }
  return chunks;
}

const classOf = (handle: { readonly constructor?: { readonly name: string } }): string =>
  handle.constructor?.name ?? '';

const insideOf = (socket: net.Socket): Inside => socket as unknown as Inside;
