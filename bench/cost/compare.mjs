import { isExact, titleOf } from './units.mjs';

/**
 * Compares what was counted with the figures that are checked in.
 *
 * @param {Record<string, Record<string, number>>} recorded by path and unit
 * @param {Record<string, Record<string, number>>} counted
 * @returns {string} a table of the differences, and the command that records the new figures; '' if there are none
 */
export function compare(recorded, counted) {
  const rows = [];
  for (const path of new Set([...Object.keys(recorded), ...Object.keys(counted)])) {
    const [before, after] = [recorded[path] ?? {}, counted[path] ?? {}];
    for (const unit of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const [old, now] = [before[unit] ?? 0, after[unit] ?? 0];
      if (isExact(unit) && now !== old) rows.push({ path, unit: titleOf(unit), old, now });
    }
  }
  if (rows.length === 0) return '';
  const cells = rows.map(({ path, unit, old, now }) => [
    path,
    unit,
    format(old),
    format(now),
    now > old ? 'more' : 'less',
  ]);
  return [
    `The library does ${summary(rows)} than bench/cost-figures.json says:`,
    '',
    ...align([['path', 'unit', 'recorded', 'now', ''], ...cells]),
    '',
    'If the change is deliberate, record the new figures, and say in the commit why they changed:',
    '',
    `    ${COMMAND}`,
  ].join('\n');
}

const COMMAND = 'npm run bench -- --only cost --write';

function summary(rows) {
  const more = rows.some(({ old, now }) => now > old);
  const less = rows.some(({ old, now }) => now < old);
  if (more && less) return 'more work in some places, and less in others,';
  return more ? 'more work' : 'less work';
}

const format = (count) => count.toLocaleString('en-US', { maximumFractionDigits: 2 });

function align(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd(),
  );
}
