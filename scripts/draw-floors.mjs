#!/usr/bin/env node
/**
 * Draws the floors of lib/ into README.md and docs/architecture.md, from the table in scripts/floors.mjs.
 *
 *   node scripts/draw-floors.mjs            writes the drawings
 *   node scripts/draw-floors.mjs --check    says whether they are current, by exit code
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ENTRY_POINTS, FLOORS } from './floors.mjs';
import { redraw } from './support/drawing.mjs';
import { listFiles } from './support/fingerprint.mjs';
import { inRoot } from './support/paths.mjs';

const PAGES = ['README.md', 'docs/architecture.md'];

/** @returns {string[]} one sentence for each page that shows something else than the table */
export function check() {
  return PAGES.filter((page) => drawn(page) !== read(page)).map(
    (page) => `${page} does not show what scripts/floors.mjs says: run scripts/draw-floors.mjs`,
  );
}

const read = (page) => readFileSync(inRoot(page), 'utf8');

function drawn(page) {
  const entryPoints = listFiles(['lib'], /^lib\/[^/]+\.ts$/).map((file) => path.basename(file, '.ts'));
  return redraw(read(page), { floors: house(FLOORS, entryPoints), rooms: permissions(FLOORS) });
}

/**
 * The floors as boxes with their rooms, the highest on top.
 * @param {Record<string, import('./floors.mjs').Floor>} floors from the ground up
 * @param {string[]} entryPoints
 */
export function house(floors, entryPoints) {
  const boxes = Object.entries(floors)
    .reverse()
    .map(([name, { about, rooms = {} }]) => {
      const inside = name === ENTRY_POINTS ? entryPoints : Object.keys(rooms);
      return { name, lines: [about, ...wrapped(inside)] };
    });
  const left = widest(boxes.map(({ name }) => name));
  const right = widest(boxes.flatMap(({ lines }) => lines));
  const rule = ([start, middle, end]) => start + '─'.repeat(left + 2) + middle + '─'.repeat(right + 2) + end;
  const row = (name, line) => `│ ${name.padEnd(left)} │ ${line.padEnd(right)} │`;
  const drawing = boxes.map(({ name, lines }) =>
    lines.map((line, at) => row(at === 0 ? name : '', line)).join('\n'),
  );
  return ['```text', rule('┌┬┐'), drawing.join(`\n${rule('├┼┤')}\n`), rule('└┴┘'), '```'].join('\n');
}

/** Wider ones have to be scrolled where pages are read. */
const WIDEST = 90;

/** Names in lines. */
function wrapped(names) {
  const lines = [];
  for (const name of names) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 2 + name.length > WIDEST) lines.push(name);
    else lines[lines.length - 1] = `${last}  ${name}`;
  }
  return lines;
}

const widest = (lines) => Math.max(...lines.map((line) => line.length));

/** A table of what the floors may import, and of the rooms that may import more or less than their floor. */
export function permissions(floors) {
  const code = (names) => names.map((name) => (name === ENTRY_POINTS ? name : `\`${name}\``)).join(', ');
  const row = (name, uses) => `| ${code([name])} | ${uses} |`;
  const rows = Object.entries(floors).flatMap(([floor, { uses, rooms = {} }]) => [
    row(floor, uses.length > 0 ? code(uses) : 'nothing'),
    ...Object.entries(rooms)
      .filter(([, room]) => room.uses ?? room.only ?? room.also)
      .map(([name, { uses: beside = [], only, also = [] }]) =>
        row(`${floor}/${name}`, only ? `only ${code(only)}` : `also ${code([...beside, ...also])}`),
      ),
  ]);
  return ['| floor or room | imports |', '| --- | --- |', ...rows].join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!process.argv.includes('--check')) for (const page of PAGES) writeFileSync(inRoot(page), drawn(page));
  const problems = check();
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
