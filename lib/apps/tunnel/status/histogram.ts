/** How often a duration was at most so long. It is plain data, so that a worker can send it to another process. */
export interface Histogram {
  /** How many fell into each of {@link BUCKETS}, and how many were longer than the last one. Not cumulated. */
  readonly counts: readonly number[];
  /** Of all durations, in seconds. */
  readonly sum: number;
}

/** Upper bounds in seconds: from a handshake on the same machine to a connection that is open for a day. */
export const BUCKETS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600, 3600, 86_400,
];

export const EMPTY: Histogram = { counts: Array<number>(BUCKETS.length + 1).fill(0), sum: 0 };

/** The same with one more duration, in seconds. */
export function observed({ counts, sum }: Histogram, seconds: number): Histogram {
  const found = BUCKETS.findIndex((bound) => seconds <= bound);
  const at = found === -1 ? BUCKETS.length : found;
  return { counts: counts.map((count, each) => (each === at ? count + 1 : count)), sum: sum + seconds };
}

export const added = (one: Histogram, other: Histogram): Histogram => ({
  counts: one.counts.map((count, at) => count + (other.counts[at] ?? 0)),
  sum: one.sum + other.sum,
});
