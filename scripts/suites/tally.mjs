import { seconds } from '../support/progress.mjs';

/** Counts one suite and prints what a reader must see: failures in full, and the reason of every skip. */
export class Tally {
  passed = 0;
  failed = 0;
  skipped = 0;
  #name;
  #verbose;
  #since = Date.now();
  #reasons = new Map();
  #live = Boolean(process.stdout.isTTY) && process.env.CI === undefined;

  /**
   * @param {string} name
   * @param {{ verbose?: boolean }} [options] `verbose` prints each passed test too
   */
  constructor(name, { verbose = false } = {}) {
    this.#name = name;
    this.#verbose = verbose;
  }

  get total() {
    return this.passed + this.failed + this.skipped;
  }

  pass(title) {
    this.passed++;
    if (this.#verbose) this.log(`  ok ${title}`);
    else this.#showProgress(title);
  }

  fail(title, detail = '') {
    this.failed++;
    this.log(`  FAILED ${this.#name}: ${title}${detail === '' ? '' : `\n${indent(detail.trimEnd())}`}`);
  }

  skip(title, reason) {
    this.skipped++;
    this.#reasons.set(reason, [...(this.#reasons.get(reason) ?? []), title]);
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
    this.log(`${this.#name.padEnd(16)} ${counts}  (${seconds(Date.now() - this.#since)})`);
    return this;
  }

  #showProgress(title) {
    if (!this.#live) return;
    const line = `${this.#name}: ${this.passed} passed, ${this.failed} failed | ${title}`;
    process.stdout.write(`\r\u001b[2K${line.slice(0, (process.stdout.columns ?? 80) - 1)}`);
  }
}

const indent = (text) => text.replace(/^/gm, '    ');
