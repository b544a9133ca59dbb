import stringWidth from 'string-width';
import type { Style } from '../base/text/rows.js';

export { formatRows, type Row } from '../base/text/rows.js';

/** Between columns. There are no lines, so that other programs can search and split the output. */
const GAP = '  ';

/**
 * Rows as lines, aligned by the width that a terminal shows: two columns for a Chinese character, none for a colour.
 * No line ends in spaces.
 */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
): string[] {
  const all = [head.map((title) => style.bold(title)), ...rows];
  const widths = head.map((_, column) =>
    all.reduce((widest, row) => Math.max(widest, stringWidth(row[column] ?? '')), 0),
  );
  return all.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - stringWidth(cell)))
      .join(GAP)
      .trimEnd(),
  );
}
