/** Where a part of the endurance test prints its progress and its results. */
export interface Output {
  /** A line of progress. */
  say(line: string): void;
  /** A table, at the end. */
  table(title: string, heads: readonly string[], rows: readonly (readonly string[])[]): void;
}

/** Prints everything. */
export const TO_CONSOLE: Output = {
  say: (line) => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`),
  table: (title, heads, rows) => {
    const widths = heads.map((head, at) =>
      Math.max(...[head, ...rows.map((row) => row[at] ?? '')].map(({ length }) => length)),
    );
    const line = (row: readonly string[]): string =>
      `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`;
    const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
    console.log(['', title, '', line(heads), rule, ...rows.map(line), ''].join('\n'));
  },
};

/** Runs `work` so often, so many at a time, until it is done or one fails. @throws what the first failure threw */
export async function inLanes(
  count: number,
  lanes: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      try {
        await work(index);
      } catch (error) {
        next = count;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: lanes }, lane));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** The element at an index, from the start again after the last. @throws RangeError if there is none */
export function nth<Value>(list: readonly Value[], index: number): Value {
  const [value] = list.slice(index % list.length);
  if (value === undefined) throw new RangeError(`there is no element ${index}`);
  return value;
}
