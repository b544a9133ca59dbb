/** Checks that imports in lib/ go down the floors of scripts/floors.mjs, and that each permission there has a user. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ENTRY_POINTS, FLOORS } from './floors.mjs';
import { runIfMain } from './support/check.mjs';
import { listFiles } from './support/fingerprint.mjs';
import { inRoot } from './support/paths.mjs';

/** @returns {string[]} what is wrong, one sentence each */
export function check() {
  const sources = listFiles(['lib'], /\.ts$/).map((file) => [file, readFileSync(inRoot(file), 'utf8')]);
  return [...checkTable(), ...checkFiles(sources)];
}

/**
 * Whether a floor or a room uses what is not listed before it. Where none does, there are no cycles.
 * @param {Record<string, import('./floors.mjs').Floor>} floors
 */
export function checkTable(floors = FLOORS) {
  return [floors, ...Object.values(floors).map(({ rooms = {} }) => rooms)].flatMap((table) => {
    const names = Object.keys(table);
    return names.flatMap((name, index) =>
      (table[name].uses ?? [])
        .filter((used) => !names.slice(0, index).includes(used))
        .map((used) => `scripts/floors.mjs: ${name} uses ${used}, which is not listed before it`),
    );
  });
}

/**
 * @param {[file: string, source: string][]} sources as in ["lib/tls/engine/phase.ts", "import …"]
 * @param {Record<string, import('./floors.mjs').Floor>} floors
 */
export function checkFiles(sources, floors = FLOORS) {
  const used = new Set();
  const faults = sources.flatMap(([file, source]) => checkFile(file, source, floors, used));
  const unused = permissions(floors).filter((permission) => !used.has(permission));
  return [
    ...faults,
    ...unused.map((permission) => `scripts/floors.mjs permits ${permission}, which nothing uses`),
  ];
}

/** @param {Set<string>} [used] receives each permission that the file uses */
export function checkFile(file, source, floors = FLOORS, used = new Set()) {
  const from = placeOf(file, floors);
  if (from === null) return [`${file} has no place in scripts/floors.mjs`];
  return importsOf(source).flatMap((name) => complaint(file, from, name, floors, used) ?? []);
}

function complaint(file, from, name, floors, used) {
  const { builtins } = from.rule;
  if (name.startsWith('node:')) {
    return builtins === undefined || builtins.includes(name)
      ? null
      : `${file} imports ${name}, which nothing in lib/${from.name} may`;
  }
  if (!name.startsWith('.')) return null;
  const target = path.posix.join(path.posix.dirname(file), name).replace(/\.js$/, '.ts');
  if (target === 'package.json') return null;
  const to = target.startsWith('lib/') ? placeOf(target, floors) : null;
  if (to === null) return `${file} imports ${target}, which has no place in scripts/floors.mjs`;
  if (to.name === from.name) return null;
  const permission = permissionFor(from, to, target);
  if (permission === null) return `${file} imports ${target}, which nothing in lib/${from.name} may`;
  used.add(permission);
  return null;
}

/** The entry of the table that permits the import, or null. */
function permissionFor(from, to, target) {
  const module = target.slice('lib/'.length, -'.ts'.length);
  const { uses = [], only, also = [] } = from.rule;
  const named = (only ?? also).find((name) => module === name || module.startsWith(`${name}/`));
  if (named !== undefined) return `${from.name} → ${named}`;
  if (to.floor === from.floor) return uses.includes(to.room) ? `${from.name} → ${to.room}` : null;
  return only === undefined && from.below.includes(to.floor) ? `${from.floor} → ${to.floor}` : null;
}

function permissions(floors) {
  return Object.entries(floors).flatMap(([floor, { uses, rooms = {} }]) => [
    ...uses.map((used) => `${floor} → ${used}`),
    ...Object.entries(rooms).flatMap(([room, { uses = [], only = [], also = [] }]) =>
      [...uses, ...only, ...also].map((used) => `${floor}/${room} → ${used}`),
    ),
  ]);
}

/** "lib/tls/engine/phase.ts" is in tls/engine, "lib/tls/connect.ts" in tls/connect, "lib/index.ts" an entry point. */
function placeOf(file, floors) {
  const parts = file.replace(/\.ts$/, '').split('/').slice(1);
  const [floor, room] = parts.length === 1 ? [ENTRY_POINTS] : parts;
  const { rooms, uses: below } = floors[floor] ?? {};
  if (below === undefined || (rooms && !rooms[room])) return null;
  return rooms
    ? { name: `${floor}/${room}`, floor, room, below, rule: rooms[room] }
    : { name: floor, floor, below, rule: {} };
}

/** Every module a source names in `import … from`, `export … from`, `import '…'`, `import(…)` or `require(…)`. */
function importsOf(source) {
  const statement =
    /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?(?:from\s*)?'([^']+)'|\b(?:import|require)\(\s*'([^']+)'/g;
  return [...source.matchAll(statement)].map((match) => match[1] ?? match[2]);
}

runIfMain(import.meta.url, check);
