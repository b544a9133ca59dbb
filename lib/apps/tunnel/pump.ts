import type { Duplex } from 'node:stream';
import { errorCode } from '../../base/errors/error-code.js';
import { SchannelError } from '../../base/errors/schannel-error.js';

/** The two ends of an open connection. */
export interface PumpEnds {
  /** Where no TLS is. */
  readonly clear: Duplex;
  /** Where TLS is. */
  readonly secure: Duplex;
}

export interface PumpOptions {
  readonly now: () => number;
  /** After an error, reset the clear side instead of ending it. */
  readonly reset: boolean;
  /** Take the end of the transport for the end of the data, if TLS was not ended before it. */
  readonly allowTruncation: boolean;
  /** Called once, when both ends are over. */
  readonly ended: (error: Error | null) => void;
}

/** How long things have lasted, in milliseconds; null for what isn't so. */
export interface PumpTimes {
  /** A side has taken nothing although data wait for it. */
  readonly busy: number | null;
  /** No byte has come, and none has gone. */
  readonly idle: number;
  /** One side has ended, and the other has not. */
  readonly isEnding: boolean;
}

/**
 * Carries bytes between two streams, both ways, until both have ended. An end is passed on by itself: the other
 * direction goes on. Nothing is read from a side while the other takes no more. An error of one side ends both.
 *
 * Both streams must allow half-open ends. Nobody else reads from them, or writes to them.
 */
export class Pump {
  readonly #ends: PumpEnds;
  readonly #options: PumpOptions;
  readonly #toSecure: Flow;
  readonly #toClear: Flow;
  #lastByte: number;
  #isOver = false;

  constructor(ends: PumpEnds, options: PumpOptions) {
    this.#ends = ends;
    this.#options = options;
    this.#lastByte = options.now();
    const tellers = {
      moved: () => void (this.#lastByte = options.now()),
      mayEnd: () => true,
      delivered: () => this.#delivered(),
    };
    const { clear, secure } = ends;
    this.#toSecure = new Flow(clear, secure, { now: options.now, ...tellers });
    this.#toClear = new Flow(secure, clear, {
      now: options.now,
      ...tellers,
      mayEnd: () => {
        if (!this.#isTruncated()) return true;
        // A program that gets an end can't know that something is missing.
        this.fail(truncated());
        return false;
      },
    });
    for (const stream of [clear, secure]) {
      stream.on('error', (error: Error) => this.fail(error));
      stream.on('close', () => this.#closed(stream));
    }
  }

  /** Bytes that went from the clear side to TLS. */
  get bytesToSecure(): number {
    return this.#toSecure.bytes;
  }

  /** Bytes that went from TLS to the clear side. */
  get bytesToClear(): number {
    return this.#toClear.bytes;
  }

  get times(): PumpTimes {
    const now = this.#options.now();
    const waiting = [this.#toSecure.waitsSince, this.#toClear.waitsSince].filter((since) => since !== null);
    return {
      busy: waiting.length === 0 ? null : now - Math.min(...waiting),
      idle: now - this.#lastByte,
      isEnding: this.#toSecure.hasEnded || this.#toClear.hasEnded,
    };
  }

  /** Lets the bytes flow. */
  start(): void {
    for (const stream of [this.#ends.clear, this.#ends.secure]) {
      // What failed before anybody listened.
      if (stream.errored) this.fail(stream.errored);
      else if (stream.destroyed) this.fail(closedEarly());
    }
    if (this.#isOver) return;
    this.#toSecure.start();
    this.#toClear.start();
  }

  /** Ends both sides at once. */
  fail(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { clear, secure } = this.#ends;
    secure.destroy();
    cut(clear, this.#options.reset);
    this.#options.ended(error);
  }

  #delivered(): void {
    if (this.#isOver || !this.#toSecure.isDelivered || !this.#toClear.isDelivered) return;
    this.#isOver = true;
    this.#ends.clear.destroy();
    this.#ends.secure.destroy();
    this.#options.ended(null);
  }

  /** A stream that ended both ways closes by itself, before the other has heard that all is delivered. */
  #closed(stream: Duplex): void {
    const [from, to] =
      stream === this.#ends.clear ? [this.#toSecure, this.#toClear] : [this.#toClear, this.#toSecure];
    if (!from.hasEnded || !to.isDelivered) this.fail(closedEarly());
  }

  #isTruncated(): boolean {
    const { truncated: isCut } = this.#ends.secure as { readonly truncated?: boolean | null };
    return isCut === true && !this.#options.allowTruncation;
  }
}

interface FlowOptions {
  readonly now: () => number;
  /** Bytes came or went. */
  readonly moved: () => void;
  /** Whether the end of the source may be passed on. */
  readonly mayEnd: () => boolean;
  readonly delivered: () => void;
}

/** One direction. */
class Flow {
  bytes = 0;
  hasEnded = false;
  /** Everything, and the end, was taken by the system. */
  isDelivered = false;
  waitsSince: number | null = null;
  readonly #from: Duplex;
  readonly #to: Duplex;
  readonly #options: FlowOptions;

  constructor(from: Duplex, to: Duplex, options: FlowOptions) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
  }

  start(): void {
    const { now, moved, mayEnd, delivered } = this.#options;
    this.#to.on('drain', () => {
      this.waitsSince = null;
      moved();
      this.#from.resume();
    });
    this.#to.on('finish', () => {
      this.waitsSince = null;
      this.isDelivered = true;
      delivered();
    });
    this.#from.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length;
      moved();
      if (this.#to.write(chunk)) return;
      this.waitsSince ??= now();
      this.#from.pause();
    });
    const end = (): void => {
      if (!mayEnd()) return;
      this.hasEnded = true;
      moved();
      this.#to.end();
    };
    // A socket without data says that it has ended before anybody reads.
    if (this.#from.readableEnded) end();
    else this.#from.on('end', end);
    this.#from.resume();
  }
}

/** Ends a stream in a way that its peer doesn't take for a regular end, where it can be told. */
export function cut(stream: Duplex, reset: boolean): void {
  const { resetAndDestroy } = stream as { readonly resetAndDestroy?: () => unknown };
  try {
    if (reset && resetAndDestroy !== undefined && !stream.destroyed) resetAndDestroy.call(stream);
  } catch (error) {
    // Pipes have no such end.
    if (errorCode(error) !== 'ERR_INVALID_HANDLE_TYPE') throw error;
  }
  stream.destroy();
}

const closedEarly = (): Error =>
  Object.assign(new Error('The connection was closed before it had ended'), { code: 'ECONNRESET' });

const truncated = (): SchannelError =>
  new SchannelError('ERR_SCHANNEL_PEER_TRUNCATED', 'The peer ended the connection without ending TLS', {
    phase: 'data',
    advice:
      'The data may be cut short. If the protocol marks its end itself, allow truncation for this tunnel.',
  });
