#!/usr/bin/env node
/**
 * Draws the options of stunnel from lib/formats/stunnel/option-table.ts, and the metrics from
 * lib/apps/tunnel/status/open-metrics.ts, both as compiled, and the cases of scripts/stunnel-suite/cases.mjs, into
 * docs/tunnel.md.
 *
 *   node scripts/draw-tunnel.mjs            writes the page
 *   node scripts/draw-tunnel.mjs --check    says whether it is current, by exit code
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { CASES } from './stunnel-suite/cases.mjs';
import { redraw } from './support/drawing.mjs';
import { inRoot } from './support/paths.mjs';

const PAGE = 'docs/tunnel.md';
const TABLE = 'dist/formats/stunnel/option-table.js';
const METRICS = 'dist/apps/tunnel/status/open-metrics.js';

/** The sections of the page, which are the treatments of options. */
const SECTIONS = ['honoured', 'mapped', 'notice', 'refused'];

/** @returns {string[]} what is wrong with the page, one sentence each */
export function check() {
  if (!existsSync(inRoot(TABLE))) return [`${TABLE} is missing: run npm run build`];
  return compare(readFileSync(inRoot(PAGE), 'utf8'), options(), metrics(), CASES);
}

const compiled = createRequire(import.meta.url);
const options = () => compiled(inRoot(TABLE)).STUNNEL_OPTIONS;
const metrics = () => compiled(inRoot(METRICS)).FAMILIES;

/**
 * @typedef {object} Option
 * @property {string} name
 * @property {string} treatment
 * @property {string} meaning
 * @property {string} instead
 */

/**
 * @param {string} page
 * @param {Record<string, Option>} table
 * @param {{ name: string, type: string, help: string }[]} metrics
 * @param {Record<string, import('./stunnel-suite/cases.mjs').Case>} cases
 * @returns {string[]}
 */
export function compare(page, table, metrics, cases) {
  const drawn = drawTunnel(page, table, metrics, cases);
  return [
    ...Object.values(table)
      .filter(({ name }) => !drawn.includes(`| \`${name}\` |`))
      .map(({ name }) => `${PAGE} does not show the option ${name}`),
    ...(drawn === page ? [] : [`${PAGE} is not what the code says: run scripts/draw-tunnel.mjs`]),
  ];
}

/** The page with its tables drawn again; the prose around them is kept. */
export function drawTunnel(page, table, metrics, cases) {
  const drawings = SECTIONS.map((section) => [
    section,
    rows(
      Object.values(table).filter(({ treatment }) => treatment === section),
      section === 'refused',
    ),
  ]);
  return redraw(page, {
    ...Object.fromEntries(drawings),
    metrics: metricRows(metrics),
    cases: caseRows(cases),
  });
}

const rows = (entries, isRefused) =>
  [
    isRefused ? '| Option | Why | Instead |' : '| Option | Here |',
    isRefused ? '|---|---|---|' : '|---|---|',
    ...entries.map((entry) => `| ${cells(entry, isRefused).map(cell).join(' | ')} |`),
  ].join('\n');

const metricRows = (metrics) =>
  [
    '| Metric | Type | Meaning |',
    '|---|---|---|',
    // A counter's samples have the suffix, and that is what a query asks for.
    ...metrics.map(
      ({ name, type, help }) => `| \`${name}${type === 'counter' ? '_total' : ''}\` | ${type} | ${help} |`,
    ),
  ].join('\n');

const caseRows = (cases) =>
  [
    '| Case | Subject | Result |',
    '|---|---|---|',
    // Of an object, numbers without a zero in front come first.
    ...Object.keys(cases)
      .sort()
      .map((id) => {
        const { what, verdict, why } = cases[id];
        return `| ${id} | ${what} | ${verdict}${why === undefined ? '' : `: ${why}`} |`;
      }),
  ].join('\n');

const cells = ({ name, meaning, instead, harmless }, isRefused) =>
  isRefused ? [`\`${name}\``, meaning, instead + accepted(harmless)] : [`\`${name}\``, meaning];

const accepted = (values = []) =>
  values.length === 0 ? '' : ` Accepted: ${values.map((value) => `\`${value}\``).join(', ')}.`;

const cell = (text) => text.replaceAll('|', '\\|');

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!process.argv.includes('--check')) {
    const page = readFileSync(inRoot(PAGE), 'utf8');
    writeFileSync(inRoot(PAGE), drawTunnel(page, options(), metrics(), CASES));
  }
  const problems = check();
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
