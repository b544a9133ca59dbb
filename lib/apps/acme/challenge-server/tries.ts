import type { Clock } from '../../../base/async/clock.js';

/** Keys that are counted at once. The oldest make room. */
const MOST_KEYS = 10_000;

/** Counts tries by key, and says when there were too many within a span of time. */
export class Tries {
  readonly #counts = new Map<string, { count: number; readonly end: number }>();
  readonly #most: number;
  readonly #span: number;
  readonly #clock: Clock;

  /** @param span in milliseconds, from the first try on */
  constructor(most: number, span: number, clock: Clock) {
    this.#most = most;
    this.#span = span;
    this.#clock = clock;
  }

  /** How many milliseconds are left until the next one is allowed; 0 if it is. */
  wait(key: string): number {
    const entry = this.#counts.get(key);
    if (entry === undefined || entry.count < this.#most) return 0;
    return Math.max(entry.end - this.#clock.now(), 0);
  }

  /** Counts one that begins, so that many at once count as many. */
  begin(key: string): void {
    const now = this.#clock.now();
    const entry = this.#counts.get(key);
    if (entry !== undefined && entry.end > now) {
      entry.count += 1;
      return;
    }
    this.#counts.delete(key);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size >= MOST_KEYS && oldest !== undefined) this.#counts.delete(oldest);
    this.#counts.set(key, { count: 1, end: now + this.#span });
  }

  /** It was a good one, which does not count. */
  takeBack(key: string): void {
    const entry = this.#counts.get(key);
    if (entry !== undefined) entry.count -= 1;
  }
}
