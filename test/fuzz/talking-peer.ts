import { Duplex } from 'node:stream';

/** What parts the turns of a peer in an input. No protocol has it in what it means. */
const PART = Buffer.from('fffefd', 'hex');

/** Turns of the event loop in which an answer can come. */
const PATIENCE = 4;

/** More pieces of one turn would only take time. */
const MOST_PIECES = 40;

/** The turns that an input stands for. */
export function turnsOf(bytes: Buffer): Buffer[] {
  const turns: Buffer[] = [];
  for (let at = 0; ;) {
    const end = bytes.indexOf(PART, at);
    turns.push(bytes.subarray(at, end < 0 ? bytes.length : end));
    if (end < 0) return turns;
    at = end + PART.length;
  }
}

/** The input that stands for these turns. */
export const inputOf = (turns: readonly string[]): Buffer =>
  Buffer.concat(
    turns.flatMap((turn, index) => [...(index === 0 ? [] : [PART]), Buffer.from(turn, 'latin1')]),
  );

/**
 * The end of a connection whose other end says one turn at first and one for whatever it receives, until it has no more
 * and ends. It needs no timers.
 */
export class TalkingPeer extends Duplex {
  /** What it has received. */
  readonly received: Buffer[] = [];
  readonly #turns: Buffer[];
  readonly #isSlow: boolean;
  /** Turns. */
  #said = 0;
  #hasEnded = false;

  /** @param isSlow each turn comes in pieces */
  constructor(turns: readonly Buffer[], isSlow: boolean) {
    super({ allowHalfOpen: true });
    this.#turns = [...turns];
    this.#isSlow = isSlow;
    this.#say();
  }

  override _read(): void {
    // It speaks when it is its turn.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.received.push(Buffer.from(chunk));
    done();
    this.#say();
  }

  #say(): void {
    const turn = this.#turns.shift();
    this.#said += 1;
    if (turn === undefined) {
      setImmediate(() => this.#push(null));
      return;
    }
    const size = this.#isSlow ? Math.max(1, Math.ceil(turn.length / MOST_PIECES)) : turn.length;
    const next = (at: number): void => {
      if (at >= turn.length) {
        this.#wait(PATIENCE, this.#said);
        return;
      }
      this.#push(turn.subarray(at, at + size));
      setImmediate(() => next(at + size));
    };
    setImmediate(() => next(0));
  }

  /** Somebody who says nothing to a turn waits for more of it. */
  #wait(rounds: number, said: number): void {
    if (this.destroyed || said !== this.#said) return;
    if (rounds === 0) this.#say();
    else setImmediate(() => this.#wait(rounds - 1, said));
  }

  #push(chunk: Buffer | null): void {
    if (!this.destroyed && !this.readableEnded && !this.#hasEnded) this.push(chunk);
    if (chunk === null) this.#hasEnded = true;
  }
}
