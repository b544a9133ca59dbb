/**
 * The double of Windows says where each of its rules comes from: `[steps 3]` in test/double is the entry "steps 3" of
 * docs/windows-behaviour.md. Every citation has its entry, every entry is cited unless it is marked as background, and
 * every choice of the double is named by the entry that leaves it open.
 */
import { existsSync, readFileSync } from 'node:fs';
import { runIfMain } from './support/check.mjs';
import { listFiles } from './support/fingerprint.mjs';
import { inRoot } from './support/paths.mjs';

const PAGE = 'docs/windows-behaviour.md';
const CHOICES = 'test/double/world.h';

const CITATION = /\[([a-z]+ \d+)\]/g;
/** A row of one of the page's tables: the entry's name first, how sure it is last. */
const ENTRY = /^\| ([a-z]+ \d+) \|.*\| ([^|]+) \|$/gm;
/** A section sign belongs to an RFC; without one it points nowhere. */
const LOOSE_SECTION = /(?<!RFC \d+ )§[\d.]*/g;
const CHOICE = /\bk[A-Z]\w*/g;

/** @returns {string[]} */
export function check() {
  if (!existsSync(inRoot(PAGE))) return [`${PAGE} is missing`];
  return compare(read(PAGE), listFiles(['test/double'], /\.(cc|h|cjs)$/).map(read));
}

/**
 * @param {[string, string]} page name and text of the page that explains
 * @param {[string, string][]} sources names and texts of the files that cite
 * @returns {string[]}
 */
export function compare([, page], sources) {
  const entries = [...page.matchAll(ENTRY)].map(([, name, certainty]) => ({ name, certainty }));
  const names = entries.map(({ name }) => name);
  const cited = found(sources, CITATION);
  const within = found([[PAGE, page]], CITATION);
  return [
    ...names.filter((name, at) => names.indexOf(name) !== at).map((name) => `${PAGE} has "${name}" twice`),
    ...[...within, ...cited]
      .filter(([name]) => !names.includes(name))
      .map(([name, file]) => `${file} cites [${name}], which ${PAGE} does not have`),
    ...entries
      .filter(({ name, certainty }) => !cited.has(name) && !/\bbackground\b/.test(certainty))
      .map(({ name }) => `${PAGE} has "${name}", which nothing in test/double cites`),
    ...entries
      .filter(({ name, certainty }) => cited.has(name) && /\bbackground\b/.test(certainty))
      .map(({ name }) => `${PAGE} marks "${name}" as background, but ${cited.get(name)} cites it`),
    ...[...found(sources, LOOSE_SECTION)].map(
      ([section, file]) => `${file} names ${section} without an RFC: cite an entry of ${PAGE}`,
    ),
    ...unmatchedChoices(entries, sources),
  ];
}

function unmatchedChoices(entries, sources) {
  const header = sources
    .filter(([file]) => file === CHOICES)
    .map(([, text]) => text.replace(/\/\/.*$/gm, ''));
  const declared = header
    .flatMap((text) => /\benum class Choice \{([^}]*)\}/.exec(text)?.[1].match(CHOICE) ?? [])
    .filter((choice) => choice !== 'kCount');
  const open = entries.flatMap(({ certainty }) => certainty.match(CHOICE) ?? []);
  return [
    ...declared
      .filter((choice) => !open.includes(choice))
      .map((choice) => `${CHOICES} has ${choice}, which no entry of ${PAGE} leaves open`),
    ...open
      .filter((choice) => !declared.includes(choice))
      .map((choice) => `${PAGE} leaves ${choice} open, which ${CHOICES} does not have`),
  ];
}

const read = (file) => [file, readFileSync(inRoot(file), 'utf8')];

/** What the pattern finds, each with the first file that has it. */
function found(files, pattern) {
  const places = new Map();
  for (const [file, text] of files) {
    for (const [whole, name = whole] of text.matchAll(pattern)) {
      if (!places.has(name)) places.set(name, file);
    }
  }
  return places;
}

runIfMain(import.meta.url, check);
