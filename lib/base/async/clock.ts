import { deferred } from './deferred.js';

/** Time, as what waits for it sees it; another one in tests. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once after so many milliseconds, at most 2^31 - 1. Keeps the process alive until then. */
  after(milliseconds: number, callback: () => void): CancelTimer;
}

/** Idempotent. */
export type CancelTimer = () => void;

/** What setTimeout() can hold; anything longer would end at once. */
export const LONGEST_TIMER_MS = 0x7fffffff;

export const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** A wait that can be cut short; it settles in either case. */
export interface Pause {
  readonly over: Promise<void>;
  end(): void;
}

export function pauseFor(clock: Clock, milliseconds: number): Pause {
  const { promise, resolve } = deferred();
  const cancel = clock.after(milliseconds, resolve);
  return {
    over: promise,
    end: () => {
      cancel();
      resolve();
    },
  };
}
