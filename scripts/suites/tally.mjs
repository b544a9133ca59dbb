import { seconds } from '../support/progress.mjs';

const WORTH_TELLING_MS = 100;

/** Counts one suite and prints what a reader must see: failures in full, and the reason of every skip. */
export class Tally {
  passed = 0;
  failed = 0;
  skipped = 0;
  /** Files and titles of the tests that ran, passed or not. @type {Set<string>} */
  ran = new Set();
  #name;
  #verbose;
  #since = Date.now();
  #reasons = new Map();
  #times;
  #live = Boolean(process.stdout.isTTY) && process.env.CI === undefined;

  /**
   * @param {string} name
   * @param {{ verbose?: boolean, times?: boolean }} [options] `verbose` prints each passed test too, `times` how long each
   *   part took
   */
  constructor(name, { verbose = false, times = false } = {}) {
    this.#name = name;
    this.#verbose = verbose;
    this.#times = times ? new Map() : null;
  }

  get total() {
    return this.passed + this.failed + this.skipped;
  }

  /**
   * @param {number} [ms] that it took
   * @param {{ file?: string }} [test] a test of mocha
   */
  pass(title, ms = 0, test = {}) {
    this.passed++;
    this.ran.add(`${test.file}: ${title}`);
    if (this.#verbose) this.log(`  ok ${title}${ms < WORTH_TELLING_MS ? '' : ` (${seconds(ms)})`}`);
    else this.#showProgress(title);
  }

  fail(title, detail = '', test = {}) {
    this.failed++;
    this.ran.add(`${test.file}: ${title}`);
    this.log(`  FAILED ${this.#name}: ${title}${detail === '' ? '' : `\n${indent(detail.trimEnd())}`}`);
  }

  skip(title, reason) {
    this.skipped++;
    this.#reasons.set(reason, [...(this.#reasons.get(reason) ?? []), title]);
  }

  /** Adds to the time of a part of the suite: a file, a check. */
  spend(part, ms) {
    this.#times?.set(part, (this.#times.get(part) ?? 0) + ms);
  }

  log(text) {
    if (this.#live) process.stdout.write('\r\u001b[2K');
    process.stdout.write(`${text}\n`);
  }

  /** Prints the line of the suite. */
  finish() {
    for (const [reason, titles] of this.#reasons) {
      this.log(`  skipped ${this.#name}: ${reason}`);
      for (const title of titles) this.log(`    ${title}`);
    }
    const counts = `${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`;
    this.log(`${this.#name.padEnd(20)} ${counts}  (${seconds(Date.now() - this.#since)})`);
    const slow = [...(this.#times ?? [])].filter(([, ms]) => ms >= WORTH_TELLING_MS);
    for (const [part, ms] of slow.sort(([, one], [, other]) => other - one)) {
      this.log(`  ${seconds(ms).padStart(8)}  ${part}`);
    }
    return this;
  }

  #showProgress(title) {
    if (!this.#live) return;
    const line = `${this.#name}: ${this.passed} passed, ${this.failed} failed | ${title}`;
    process.stdout.write(`\r\u001b[2K${line.slice(0, (process.stdout.columns ?? 80) - 1)}`);
  }
}

const indent = (text) => text.replace(/^/gm, '    ');
