import assert from 'node:assert/strict';
import { FileBudget } from '#lib/formats/pbe/file-budget.js';

/**
 * What one of each costs on an ordinary machine, in microseconds; `npm run bench -- --only files` measures it. The work
 * budget counts in microseconds by itself.
 */
const COSTS = { measured: 0.02, elements: 2.5, identifierBytes: 1.2, textBytes: 0.1 } as const;

/** What a stranger's file may cost at most: 200 ms on an ordinary machine. */
export const MOST_WORK = 200_000;

/** What was charged to the budget of a file, in microseconds of an ordinary machine. */
export function workOf({ read, work }: FileBudget): number {
  const { elements, identifierBytes, textBytes } = read.spent;
  return (
    work.spent +
    read.measured * COSTS.measured +
    elements * COSTS.elements +
    identifierBytes * COSTS.identifierBytes +
    textBytes * COSTS.textBytes
  );
}

/** Has a file read, and fails when that took more work than {@link MOST_WORK}. */
export function withinWork<Result>(title: string, read: (budget: FileBudget) => Result): Result {
  const budget = new FileBudget();
  try {
    return read(budget);
  } finally {
    const work = Math.round(workOf(budget));
    assert.ok(work <= MOST_WORK, `${title}: work of ${work} µs`);
  }
}
