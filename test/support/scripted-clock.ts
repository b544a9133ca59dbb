import type { CancelTimer, Clock } from '#lib/base/async/clock.js';

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is told to go on. */
export class ScriptedClock implements Clock {
  #now: number;
  readonly #timers = new Set<Timer>();
  /** Each wait that was asked for, in milliseconds. */
  readonly waits: number[] = [];

  constructor(now = 0) {
    this.#now = now;
  }

  get timers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, callback: () => void): CancelTimer {
    this.waits.push(milliseconds);
    const timer = { due: this.#now + milliseconds, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Lets time pass, stopping at each timer on the way, and lets what waited for it run. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      await idle();
      const next = [...this.#timers].sort((one, other) => one.due - other.due)[0];
      if (next === undefined || next.due > end) break;
      this.#now = next.due;
      this.#timers.delete(next);
      next.callback();
    }
    this.#now = end;
    await idle();
  }
}

/** A clock on which every wait is over at once, and which is so much later then. */
export class HastyClock implements Clock {
  #now: number;
  /** Each wait, in milliseconds. */
  readonly waits: number[] = [];

  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, callback: () => void): CancelTimer {
    this.waits.push(milliseconds);
    const immediate = setImmediate(() => {
      this.#now += milliseconds;
      callback();
    });
    return () => {
      clearImmediate(immediate);
    };
  }
}

/** Rounds of the event loop that any chain of answers of a scripted store needs. */
const ROUNDS = 8;

/** Until all that can go on has come to a stand. */
export async function idle(): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) await new Promise((resolve) => setImmediate(resolve));
}
