import net from 'node:net';
import type { Duplex } from 'node:stream';
import { isUint8Array } from 'node:util/types';

import { errorCode } from '../../base/errors/error-code.js';
import { noBytes } from './connection-faults.js';
import { canBeTaken, TakenSocket } from './taken-socket.js';

/** What happens to a transport. */
export interface LinkEvents {
  /** Ciphertext, whose memory is the link's again when this returns. */
  readonly received: (chunk: Uint8Array) => void;
  /** Something else than bytes was received. */
  readonly invalid: (error: Error) => void;
  /** The transport gives no more bytes. */
  readonly ended: () => void;
  readonly failed: (error: Error) => void;
  readonly closed: () => void;
}

/** Milliseconds that a peer has to read our alert and to close. */
const LINGER_MS = 1000;

/**
 * The stream underneath a connection: who delivers its bytes, when they may come, and how it ends. The handle of a
 * socket of libuv's is taken over as soon as it is connected, and any other stream is listened to.
 */
export class TransportLink {
  /** The last thing written was an alert: the peer gets time to read it. */
  alerted = false;
  #stream: Duplex;
  readonly #events: LinkEvents;
  /** Who hands bytes over: the owner or a taken handle by themselves, or else the stream by 'data'. */
  #source: 'delivery' | 'stream';
  #state: 'attached' | 'listening' | 'closed' = 'attached';
  /** Unknown until it was set. */
  #flow: 'flowing' | 'paused' | null = null;
  /** What the stream had read before it was ours. */
  #early: readonly unknown[] = [];

  /** @param delivers the owner hands the bytes over */
  constructor(stream: Duplex, delivers: boolean, events: LinkEvents) {
    this.#stream = stream;
    this.#events = events;
    this.#source = delivers ? 'delivery' : 'stream';
    this.#watch(stream);
    if (delivers) return;
    if (this.isPending) stream.prependOnceListener('connect', () => this.#takeOver(stream));
    else this.#takeOver(stream);
  }

  get stream(): Duplex {
    return this.#stream;
  }

  /** It is going to be connected. */
  get isPending(): boolean {
    const stream = this.#stream;
    return stream instanceof net.Socket && stream.pending && !stream.destroyed;
  }

  /** It is on the handle of a socket of libuv's that the program has given us. */
  get isTaken(): boolean {
    return this.#stream instanceof TakenSocket;
  }

  /** Bytes may come, and nobody takes them from the stream's own buffer any more. */
  get isListening(): boolean {
    return this.#state === 'listening';
  }

  /** Has `action` run in the moment in which something can be written. */
  whenWritable(action: () => void): void {
    // Our own stream keeps the first flight until it is connected, which leaves time to make it.
    if (this.isPending && this.#source === 'stream') this.#stream.once('connect', action);
    else process.nextTick(action);
  }

  whenConnected(action: () => void): void {
    if (this.isPending) this.#stream.once('connect', action);
    else action();
  }

  /** Takes bytes from now on, first those that the stream had read before. Idempotent. */
  listen(): void {
    if (this.#state !== 'attached') return;
    this.#state = 'listening';
    for (const chunk of this.#early) this.#hear(chunk);
    this.#early = [];
    if (this.#source === 'stream') this.#stream.on('data', (chunk: unknown) => this.#hear(chunk));
  }

  /** Whether bytes are wanted now. */
  set flows(flows: boolean) {
    const flow = flows ? 'flowing' : 'paused';
    if (flow === this.#flow) return;
    this.#flow = flow;
    if (flows) this.#stream.resume();
    else this.#stream.pause();
  }

  /**
   * Ends it, after a last alert so that the peer can read that; `closed` is called when it is gone.
   * @param resets rather reset it, where that can be
   */
  close(resets: boolean, closed: () => void): void {
    this.#state = 'closed';
    const stream = this.#stream;
    // A socket on another's handle goes with that.
    const isGone =
      stream instanceof TakenSocket ? stream.isGone : (stream.closed as boolean | undefined) !== false;
    if (isGone) {
      closed();
      return;
    }
    stream.once('close', closed);
    if (resets && stream instanceof net.Socket) reset(stream);
    else if (this.alerted && stream instanceof net.Socket) lingeringClose(stream);
    else stream.destroy();
  }

  #watch(stream: Duplex): void {
    stream.on('error', this.#events.failed).on('end', this.#events.ended).on('close', this.#events.closed);
  }

  #takeOver(stream: Duplex): void {
    if (this.#state === 'closed') return;
    if (canBeTaken(stream)) {
      const { failed, ended, closed } = this.#events;
      stream.off('error', failed).off('end', ended).off('close', closed);
      const taken = new TakenSocket(stream, (chunk) => this.#events.received(chunk));
      this.#early = taken.early;
      this.#source = 'delivery';
      this.#stream = taken;
      this.#watch(taken);
    } else {
      // The peer's end must not end our side: close_notify comes before.
      stream.allowHalfOpen = true;
      stream.pause();
    }
  }

  #hear(chunk: unknown): void {
    if (isUint8Array(chunk)) this.#events.received(chunk);
    else this.#events.invalid(noBytes());
  }
}

/** Only TCP knows a reset; sockets of node:tls and named pipes throw. */
function reset(socket: net.Socket): void {
  try {
    socket.resetAndDestroy();
  } catch (error) {
    if (errorCode(error) !== 'ERR_INVALID_HANDLE_TYPE') throw error;
  }
  // One that is still connecting would be reset later.
  socket.destroy();
}

/**
 * Ends a connection so that the peer can read the alert written last. A TCP socket that is closed with input unread
 * resets the connection, and the reset takes away what the peer has not read yet; TLS 1.3 servers send tickets just
 * then. So our side is ended, and what still comes is thrown away until the peer closes, or the time is over.
 */
function lingeringClose(socket: net.Socket): void {
  if (socket.readableEnded) {
    socket.destroySoon();
    return;
  }
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  timer.unref();
  socket.once('close', () => {
    clearTimeout(timer);
  });
  socket.once('end', () => socket.destroy());
  socket.end();
  socket.resume();
}
