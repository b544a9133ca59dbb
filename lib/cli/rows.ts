import type { Style } from './terminal.js';

/** A labelled value; null leaves the row out. */
export type Row = readonly [label: string, value: string | null];

/** Rows as lines, values aligned in one column. */
export function formatRows(rows: readonly Row[], style: Style, indent = ''): string[] {
  const width = Math.max(0, ...rows.map(([label, value]) => (value === null ? 0 : label.length)));
  return rows.flatMap(([label, value]) =>
    value === null ? [] : [`${indent}${style.dim(label.padEnd(width))}  ${value}`],
  );
}
