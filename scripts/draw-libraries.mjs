#!/usr/bin/env node
/**
 * Draws what `npm run libraries` found last into docs/libraries.md.
 *
 *   node scripts/draw-libraries.mjs            writes the page
 *   node scripts/draw-libraries.mjs --check    says whether it is current, by exit code
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { CASES } from '../test/libraries/cases.mjs';
import { RESULTS } from './libraries/results.mjs';
import { redraw } from './support/drawing.mjs';
import { inRoot } from './support/paths.mjs';

const PAGE = 'docs/libraries.md';

/** @returns {string[]} what is wrong with the page, one sentence each */
export const check = () => compare(readFileSync(inRoot(PAGE), 'utf8'), results(), CASES);

const results = () => JSON.parse(readFileSync(inRoot(RESULTS), 'utf8'));

/**
 * @param {string} page
 * @param {import('./libraries/results.mjs').Result[]} found
 * @param {readonly { library: string, adapter?: unknown }[]} cases
 * @returns {string[]}
 */
export function compare(page, found, cases) {
  const isFound = ({ library, adapter }) =>
    found.some((each) => each.library === library && (!adapter || each.adapter));
  const missing = [...new Set(cases.filter((each) => !isFound(each)).map(({ library }) => library))];
  return [
    ...missing.map((library) => `${RESULTS} says nothing about ${library}: run npm run libraries`),
    ...(drawPage(page, found) === page
      ? []
      : [`${PAGE} is not what ${RESULTS} says: run scripts/draw-libraries.mjs`]),
  ];
}

export const drawPage = (page, found) => redraw(page, { libraries: tableOf(found) });

/**
 * A row for each library.
 * @param {import('./libraries/results.mjs').Result[]} found
 */
export function tableOf(found) {
  const names = [...new Set(found.map(({ library }) => library))];
  const rows = names.map((name) => rowOf(found.filter(({ library }) => library === name)));
  return [
    '| library | version | by `register` | by its adapter | server |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n');
}

function rowOf(found) {
  const [{ library, server }] = found;
  return [library, versionsOf(found), verdictOf(found, 'register'), verdictOf(found, 'adapter'), server];
}

/** '9.2.0; 8.2.0 on Node 20', the newest first. */
function versionsOf(found) {
  const versions = [...new Set(found.map(({ version }) => version))];
  if (versions.length === 1) return versions[0];
  const on = (version) => found.filter((each) => each.version === version).map(({ node }) => node);
  return versions
    .map((version) => `${version} on Node ${on(version).join(', ')}`)
    .reverse()
    .join('; ');
}

/** 'works', or what does not; nothing where there is no adapter. */
function verdictOf(found, way) {
  const runs = found.flatMap(({ node, [way]: forms = {} }) =>
    Object.entries(forms).map(([form, failure]) => ({ node, form, failure })),
  );
  const failed = runs.filter(({ failure }) => failure !== null);
  if (runs.length === 0) return '';
  if (failed.length === 0) return 'works';
  return failed.map(({ node, form, failure }) => `${form} on Node ${node}: ${failure}`).join('; ');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!process.argv.includes('--check'))
    writeFileSync(inRoot(PAGE), drawPage(readFileSync(inRoot(PAGE), 'utf8'), results()));
  const problems = check();
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
