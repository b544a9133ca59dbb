#!/usr/bin/env node
/**
 * Draws the results of scripts/library-suites/expected.mjs into docs/libraries.md.
 *
 *   node scripts/draw-library-suites.mjs            writes the page
 *   node scripts/draw-library-suites.mjs --check    says whether it is current, by exit code
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { EXPECTED } from './library-suites/expected.mjs';
import { SUITES } from './library-suites/suites.mjs';
import { redraw } from './support/drawing.mjs';
import { inRoot } from './support/paths.mjs';

const PAGE = 'docs/libraries.md';

/** @returns {string[]} what is wrong with the page, one sentence each */
export function check() {
  const page = readFileSync(inRoot(PAGE), 'utf8');
  return drawSuites(page, SUITES, EXPECTED) === page
    ? []
    : [`${PAGE} is not what scripts/library-suites/expected.mjs says: run scripts/draw-library-suites.mjs`];
}

/**
 * The page with its table drawn again; the prose around it is kept.
 * @param {string} page
 * @param {import('./library-suites/suites.mjs').Suite[]} suites
 * @param {Record<string, import('./library-suites/results.mjs').Expected>} expected
 */
export function drawSuites(page, suites, expected) {
  const rows = suites.map(({ library, version }) => {
    const { baseline, register, differences } = expected[library];
    const cells = [baseline, register].map(([passed, failed]) => `${passed} / ${failed}`);
    return `| ${library} ${version} | ${cells.join(' | ')} | ${reasons(Object.values(differences))} |`;
  });
  const head = ['| Suite | `node:tls` | Schannel | Different |', '|---|---|---|---|'];
  return redraw(page, { suites: [...head, ...rows].join('\n') });
}

/** Each reason once, with the number of its tests. */
function reasons(all) {
  if (all.length === 0) return 'none';
  const counts = new Map();
  for (const reason of all) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${count}: ${reason}`).join('. ');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!process.argv.includes('--check')) {
    const page = readFileSync(inRoot(PAGE), 'utf8');
    writeFileSync(inRoot(PAGE), drawSuites(page, SUITES, EXPECTED));
  }
  const problems = check();
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
