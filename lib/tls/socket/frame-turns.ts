import type { Duplex } from 'node:stream';

import { nextTurn } from '../../base/async/next-turn.js';
import type { FrameBorders } from './frame-borders.js';

/** Where frames go. */
export interface FrameConsumer {
  readonly socket: Pick<Duplex, 'readableFlowing' | 'readableLength' | 'listenerCount'>;
  take(piece: Buffer): void;
  /** {@link FrameTurns.isFull} has changed. */
  filled(): void;
}

/** Waiting bytes above which the connection should stop reading. */
const ENOUGH = 65_536;

/**
 * Hands the frames of an HTTP/2 connection to Node in separate turns of the event loop.
 *
 * Node reports headers through process.nextTick() and data at once. From a libuv handle each frame arrives in a
 * separate callback, and the tick queue runs after each. From any other stream a whole chunk is processed within one
 * JavaScript call, and the tick queue waits until that returns (Node 20 to 26). Then 'data' comes before 'response',
 * and a listener added on 'response' misses it. And a stream that is reset in the same chunk is destroyed before the
 * server's 'stream' event, whose listener then gets an exception from respond().
 */
export class FrameTurns {
  readonly #borders: FrameBorders;
  readonly #consumer: FrameConsumer;
  #waiting: (Buffer | (() => void))[] = [];
  #bytes = 0;
  /** Scheduled turns. While there are any, this turn has had its piece. */
  #turns = 0;

  constructor(borders: FrameBorders, consumer: FrameConsumer) {
    this.#borders = borders;
    this.#consumer = consumer;
  }

  /** Enough is waiting: the connection should stop reading. */
  get isFull(): boolean {
    return this.#bytes > ENOUGH;
  }

  add(bytes: Buffer): void {
    for (const piece of this.#borders.split(bytes)) this.#waiting.push(piece);
    this.#count(bytes.length);
    if (this.#turns === 0 && this.#isTaking) this.#next();
    this.goOn();
  }

  /** Runs an action after everything that was added so far. */
  then(action: () => void): void {
    if (this.#turns === 0 && this.#waiting.length === 0) {
      action();
      return;
    }
    this.#waiting.push(action);
    this.goOn();
  }

  /** To be called when the consumer may read again. */
  goOn(): void {
    if (!this.#isTaking) return;
    // One more than is waiting: the turn of the last piece has to end as well.
    for (; this.#turns <= this.#waiting.length; this.#turns += 1) nextTurn(this.#turn);
  }

  /** Hands over everything in this turn. */
  flush(): void {
    while (this.#waiting.length > 0) this.#next();
  }

  /** Drops everything. */
  clear(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }

  /**
   * Nothing is pushed into a paused stream, which would empty its buffer in one turn later. A stream that nobody reads
   * yet gets one piece, so that it emits 'readable'.
   */
  get #isTaking(): boolean {
    const { readableFlowing, readableLength } = this.#consumer.socket;
    if (readableFlowing === null) return readableLength === 0;
    return readableFlowing || this.#consumer.socket.listenerCount('readable') > 0;
  }

  readonly #turn = (): void => {
    this.#turns -= 1;
    if (this.#isTaking) this.#next();
  };

  #next(): void {
    const next = this.#waiting.shift();
    if (typeof next === 'function') next();
    else if (next) {
      this.#count(-next.length);
      this.#consumer.take(next);
    }
  }

  #count(bytes: number): void {
    const wasFull = this.isFull;
    this.#bytes += bytes;
    if (this.isFull !== wasFull) this.#consumer.filled();
  }
}
