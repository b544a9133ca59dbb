import { randomInt } from 'node:crypto';
import { inRoot } from '../support/paths.mjs';

/** The versions of Windows that the double plays; the first is the one of a run that names none. */
export const PROFILES = ['2022', '2016', '2019', '11-24H2', '2025'];

/** Has Windows' node load the add-on on the double. The name of the drive is the rig's. */
export const PRELOAD = `Z:${inRoot('test/double/preload.cjs')}`;

/** Seeds that are drawn have at most six digits, which are easy to type. */
const SEEDS_END = 1_000_000;

/**
 * One behaviour of the double: which Windows it plays, and what it does where that is not known.
 * @typedef {object} World
 * @property {string} profile
 * @property {number} seed
 * @property {boolean} [guarded] whether each buffer of the library ends at an inaccessible page
 */

/** What a world is in the environment of the tests. @param {World} world */
export const environmentOf = ({ profile, seed, guarded }) => ({
  SCHANNEL_DOUBLE_PROFILE: profile,
  SCHANNEL_DOUBLE_SEED: String(seed),
  ...(guarded ? { SCHANNEL_DOUBLE_GUARD: '1' } : {}),
});

/** A name of letters, digits and hyphens. @param {World} world */
export const nameOf = ({ profile, seed }) => `double-${profile}-${seed}`;

/**
 * The command that runs a test again in the same world.
 * @param {World & { version: string }} world `version` is that of Windows' node
 * @param {Test} test
 * @typedef {{ file?: string, title?: string }} Test
 */
export function commandFor({ profile, seed, guarded, version }, { file, title }) {
  const source = file?.replaceAll('\\', '/').replace(/^.*\bdist-(test\/.*)\.js$/, '$1.ts');
  return [
    guarded ? 'SCHANNEL_DOUBLE_GUARD=1 ' : '',
    `npm test -- --node ${version} --double-profile ${profile} --double-seed ${seed}`,
    // No test matches the title of a hook.
    title === undefined || title.includes('" hook') ? '' : ` --grep ${quoted(title)}`,
    source === undefined ? '' : ` ${source}`,
  ].join('');
}

/** The pattern that matches a title, as a POSIX shell has to be given it. */
const quoted = (title) => `'${title.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll("'", `'\\''`)}'`;

/** A tally that adds to each failure how to repeat it. @param {(test: Test) => string} commandOf */
export const repeatable = (tally, commandOf) => ({
  pass: (...args) => tally.pass(...args),
  skip: (...args) => tally.skip(...args),
  spend: (...args) => tally.spend(...args),
  log: (...args) => tally.log(...args),
  fail: (title, detail, test) => tally.fail(title, `${detail.trimEnd()}\nagain: ${commandOf(test)}`, test),
});

/** The seeds of so many rounds: those from `first` on, which is drawn if it is not given. */
export function seedsOfRounds(count, first = randomInt(1, SEEDS_END)) {
  return Array.from({ length: count }, (_, at) => first + at);
}
