import { sspiCalls } from './units.mjs';

/**
 * The figures as Markdown: of data, of handshakes, and the calls of SSPI.
 *
 * @param {import('./count.mjs').Costs} costs
 * @param {readonly Pick<import('./paths.mjs').Path, 'name' | 'bytes' | 'pieces' | 'unit'>[]} paths
 * @returns {Record<'data' | 'others' | 'sspi', string>}
 */
export function drawTables(costs, paths) {
  const data = paths.filter(({ bytes }) => bytes !== undefined);
  const others = paths.filter(({ bytes }) => bytes === undefined);
  return {
    data: table(
      [
        'For each',
        'calls into the add-on',
        'SSPI calls',
        'writes of the stream',
        'copies a byte',
        'new memory a byte',
        'buffers',
        'promises',
        'ticks',
        'bytes of objects',
      ],
      data.map((path) => dataRow(path, costs[path.name])),
    ),
    others: table(
      [
        '',
        'calls into the add-on',
        'worker trips',
        'wake-ups',
        'SSPI calls',
        'writes of the stream',
        'bytes copied',
        'new buffers, bytes',
        'native allocations',
        'promises',
      ],
      others.map(({ name }) => otherRow(name, costs[name])),
    ),
    sspi: table(
      ['', 'calls'],
      others
        .map(({ name }) => [name, sspiCalls(costs[name]).map((call) => call.reverse().join(' × '))])
        .filter(([, calls]) => calls.length > 0)
        .map(([name, calls]) => [name, calls.join(', ')]),
    ),
  };
}

const dataRow = ({ name, unit, pieces, bytes }, figures) => [
  `${name}: ${unit}`,
  ...[figures.crossings, calls(figures), figures.writes].map((count) => number(count, pieces)),
  number(figures.copied, bytes),
  number((figures.memory ?? 0) + (figures.allocated ?? 0), bytes),
  ...[figures.buffers, figures.promises, figures.ticks, figures.heap].map((count) => number(count, pieces)),
];

const otherRow = (name, figures) => [
  name,
  ...[
    figures.crossings,
    figures.trips,
    figures.wakes,
    calls(figures),
    figures.writes,
    figures.copied,
    figures.memory,
    figures.allocations,
    figures.promises,
  ].map((count) => number(count)),
];

const calls = (figures) => sspiCalls(figures).reduce((sum, [, count]) => sum + count, 0);

/** Without a count there is nothing of it. */
const number = (count = 0, divisor = 1) =>
  (count / divisor).toLocaleString('en-US', { maximumFractionDigits: 2 });

function table(header, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
