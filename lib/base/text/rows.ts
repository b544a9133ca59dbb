/** Emphasis of text. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
}

const asItIs = (text: string): string => text;

/** No emphasis. */
export const PLAIN: Style = { bold: asItIs, dim: asItIs, good: asItIs, warn: asItIs, bad: asItIs };

/** A labelled value; null leaves the row out. */
export type Row = readonly [label: string, value: string | null];

/** Labelled values as lines, with the values in one column. */
export function formatRows(rows: readonly Row[], style: Style, indent = ''): string[] {
  const width = Math.max(0, ...rows.map(([label, value]) => (value === null ? 0 : label.length)));
  return rows.flatMap(([label, value]) =>
    value === null ? [] : [`${indent}${style.dim(label.padEnd(width))}  ${value}`],
  );
}
