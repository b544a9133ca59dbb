#!/usr/bin/env node
/**
 * Counts the hops of the journeys in docs/walkthroughs.md and writes the counts below each journey.
 *
 *   node scripts/draw-walkthroughs.mjs            writes the counts
 *   node scripts/draw-walkthroughs.mjs --check    says whether the page is current, by exit code
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { redraw } from './support/drawing.mjs';
import { inRoot } from './support/paths.mjs';

const PAGE = 'docs/walkthroughs.md';

/** A numbered item: the function, and the file that it is in. */
const HOP = /^\d+\. `(#?\w+)(?:\(\))?` in `([^`]+)`/gm;

/**
 * The journeys of a page by the names of their counts, which follow the hops.
 * @param {string} page
 * @returns {Record<string, { name: string, file: string }[]>}
 */
export function journeysOf(page) {
  const parts = page.split(/^<!-- drawn: (\w+) -->$/m);
  const journeys = {};
  for (let at = 1; at < parts.length; at += 2) {
    const before = parts[at - 1].split('<!-- end -->').at(-1);
    journeys[parts[at]] = [...before.matchAll(HOP)].map(([, name, file]) => ({ name, file }));
  }
  return journeys;
}

/**
 * Hops, files, and how often a hop is in another folder than the one before it.
 * @param {{ file: string }[]} hops
 */
export function countsOf(hops) {
  const folders = hops.map(({ file }) => path.posix.dirname(file));
  return {
    hops: hops.length,
    files: new Set(hops.map(({ file }) => file)).size,
    folderChanges: folders.filter((folder, at) => at > 0 && folder !== folders[at - 1]).length,
  };
}

/** @returns {string[]} one sentence for each hop that leads nowhere, and for counts that are out of date */
export function check() {
  const page = read();
  const hops = Object.values(journeysOf(page)).flat();
  const stale = page === drawn(page) ? [] : [`${PAGE} has old counts: run scripts/draw-walkthroughs.mjs`];
  return [...hops.flatMap(problemOf), ...stale];
}

function problemOf({ name, file }) {
  if (!existsSync(inRoot(file))) return [`${PAGE} names ${file}, which does not exist`];
  const occurs = new RegExp(`(?<![\\w#])${name}(?!\\w)`).test(readFileSync(inRoot(file), 'utf8'));
  return occurs ? [] : [`${PAGE} names ${name} in ${file}, where it does not occur`];
}

const read = () => readFileSync(inRoot(PAGE), 'utf8');

function drawn(page) {
  const row = (where, { hops, files, folderChanges }) =>
    `| ${where} | ${hops} | ${files} | ${folderChanges} |`;
  const tables = Object.entries(journeysOf(page)).map(([journey, hops]) => [
    journey,
    [
      '| where | hops | files | folder changes |',
      '| --- | --- | --- | --- |',
      row('`lib/` and `native/`', countsOf(hops)),
      row('`lib/`', countsOf(hops.filter(({ file }) => file.startsWith('lib/')))),
    ].join('\n'),
  ]);
  return redraw(page, Object.fromEntries(tables));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!process.argv.includes('--check')) writeFileSync(inRoot(PAGE), drawn(read()));
  const problems = check();
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
