import { commandFor } from './double.mjs';
import { startLive } from './live.mjs';
import { filterOf, hearMocha, judge } from './mocha.mjs';
import { seconds } from '../support/progress.mjs';

const PROGRAM = 'scripts/suites/rounds.cjs';
/** Rounds of one process. A new one follows, so that what a process keeps for long doesn't hide anything. */
const AT_ONCE = 10;

/**
 * Runs test files once for each seed, many of them in one process. A test that fails is printed for the first seed
 * with which it does; the seeds of each such test follow at the end.
 * @param {string[]} files
 * @param {{ tally: import('./tally.mjs').Tally, windows: import('../support/windows.mjs').Windows, grep?: string,
 *   env: object, version: string, profile: string, seeds: number[] }} options
 */
export async function runRounds(files, { tally, windows, grep, env, version, profile, seeds }) {
  const begun = Date.now();
  const start = await startLive({ windows, env, version, double: { profile, seed: seeds[0] } });
  const rounds = new Rounds(tally, (seed, test) => commandFor({ profile, seed, version }, test));
  for (let left = seeds; left.length > 0;) {
    const chunk = left.slice(0, AT_ONCE);
    rounds.seed = chunk[0];
    const run = await hearMocha([PROGRAM, ...filterOf(grep), chunk.join(), ...files], {
      start,
      tally: rounds,
    });
    judge(run, files, rounds);
    if (run.current === null) break; // a file can't be loaded, with no seed
    // A process that died takes the round that it was in with it.
    const last = run.ended ? chunk.at(-1) : rounds.seed;
    left = seeds.slice(seeds.indexOf(last) + 1);
    const done = seeds.length - left.length;
    tally.log(
      `  ${done} of ${seeds.length} seeds, ${rounds.failed} failures (${seconds(Date.now() - begun)})`,
    );
  }
  rounds.conclude();
}

/** Feeds a tally with the tests of many rounds. */
class Rounds {
  failed = 0;
  /** That of the round that runs. */
  seed = 0;
  #tally;
  #commandFor;
  #skipped = new Set();
  #seeds = new Map();

  constructor(tally, commandFor) {
    this.#tally = tally;
    this.#commandFor = commandFor;
  }

  pass(title, ms, test) {
    this.seed = test.seed;
    this.#tally.pass(`seed ${this.seed}: ${title}`, ms);
  }

  fail(title, detail, { seed = this.seed, ...test } = {}) {
    this.seed = seed;
    this.failed++;
    const before = this.#seeds.get(title) ?? [];
    this.#seeds.set(title, [...before, seed]);
    const told = before.length === 0 ? detail.trimEnd() : 'as before';
    this.#tally.fail(`seed ${seed}: ${title}`, `${told}\nagain: ${this.#commandFor(seed, test)}`);
  }

  skip(title, reason) {
    if (!this.#skipped.has(title)) this.#tally.skip(title, reason);
    this.#skipped.add(title);
  }

  spend(...args) {
    this.#tally.spend(...args);
  }

  log(text) {
    this.#tally.log(text);
  }

  conclude() {
    for (const [title, seeds] of this.#seeds)
      this.#tally.log(`  failed with seeds ${seeds.join(', ')}: ${title}`);
  }
}
