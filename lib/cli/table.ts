import Table from 'cli-table3';
import type { Style } from './terminal.js';

/** Nothing between the columns but two spaces: the lines can be searched and cut by other programs. */
const NO_LINES = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '' },
  middle: '  ',
};

/**
 * Rows as lines, aligned in columns by what a terminal shows: a Chinese character is two columns wide, a colour none.
 * No line ends in spaces.
 */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
): string[] {
  const table = new Table({
    chars: NO_LINES,
    // Colours of the table's own would not know of NO_COLOR.
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  table.push(
    head.map((title) => style.bold(title)),
    ...rows.map((row) => [...row]),
  );
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}
