import { titles } from './contestants.mjs';

const headings = {
  memory: 'In memory, one side of TLS',
  tcp: 'Over TCP loopback',
  handshake: 'Handshakes',
  idle: 'Memory',
  server: 'Servers',
  https: 'HTTPS servers',
  http2: 'HTTP/2 servers',
  tunnel: 'Tunnels',
  renewal: 'A certificate that is renewed',
  store: 'Certificate store',
  files: 'Files of certificates and keys',
  authority: 'A certificate authority',
  probe: 'What a server accepts',
  timed: 'Servers, by s_time',
};

/** The whole result as Markdown. */
export function toMarkdown({ environment, options, figures, goals }) {
  const groups = options.only.map((group) => figureTable(group, figures, options.contestants));
  const judged = goals.filter(({ measured }) => measured !== null);
  const parts = [describe(environment, options), ...groups];
  if (judged.length > 0) parts.push(goalTable(judged));
  return parts.join('\n\n');
}

function describe({ node, system, cpu, wine }, { rounds, sliceMs }) {
  const where = wine === null ? system : `${system} under Wine ${wine}`;
  return `Node.js ${node} on ${where}, ${cpu}. Medians of ${rounds} rounds of ${sliceMs} ms (min–max).`;
}

function figureTable(group, all, names) {
  const figures = [...all].filter(({ id }) => id === group || id.startsWith(`${group}.`));
  const contestants = names.filter((name) => figures.some((figure) => figure.spread(name) !== null));
  const comparisons = ['raw', 'node', 'stunnel', 'sslscan'].filter(
    (name) => contestants.includes(name) && contestants.includes('ours'),
  );
  const header = [headings[group], ...contestants.map((name) => titles[name])];
  for (const name of comparisons) header.push(`${titles.ours} to ${titles[name]}`);
  const rows = [];
  for (const figure of figures) {
    const cells = contestants.map((name) => formatSpread(figure.spread(name)));
    for (const name of comparisons) cells.push(formatSpread(figure.ratio('ours', name)));
    rows.push([`${figure.title}, ${figure.unit}`, ...cells]);
  }
  return table(header, rows);
}

function goalTable(goals) {
  const verdicts = { aim: 'yes, and the aim', first: 'yes', no: '**no**' };
  const rows = goals.map(({ metric, bound, first, aim, measured, met }) => {
    const sign = bound === 'least' ? '≥' : '≤';
    return [
      metric,
      `${sign} ${first}`,
      `${sign} ${aim}`,
      formatSpread(measured),
      met === null ? '–' : verdicts[met],
    ];
  });
  return table(['Goal', 'first', 'aim', 'measured', 'met?'], rows);
}

function table(header, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

function formatSpread(spread) {
  if (spread === null) return '–';
  return `${formatNumber(spread.median)} (${formatNumber(spread.min)}–${formatNumber(spread.max)})`;
}

/** Three significant digits, thousands grouped. */
function formatNumber(value) {
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumSignificantDigits: 3 });
}
