/** What scripts/suites/event-reporter.cjs begins its lines with. */
const SEPARATOR = '\u001e';

/** How much is kept of what a file prints beside. */
const KEPT_LINES = 40;

/**
 * @typedef {object} TestResult
 * @property {string} id the file and the title; of several with one title, all but the first have a number
 * @property {'passed' | 'failed' | 'skipped'} verdict
 * @property {string} detail of a failed one
 */

const VERDICTS = { pass: 'passed', fail: 'failed', skip: 'skipped' };

/** What the process of one test file says, line by line. */
export class FileResults {
  #file;
  #named = new Map();
  #current = null;
  #ended = false;
  #printed = [];
  /** @type {TestResult[]} */
  tests = [];
  /** Connections that were Schannel's. */
  secured = 0;

  /** @param {string} file */
  constructor(file) {
    this.#file = file;
  }

  /** @param {string} line */
  read(line) {
    // What a test prints may lack the end of its line.
    const at = line.indexOf(SEPARATOR);
    if (at === -1) {
      this.#printed = [...this.#printed, line].slice(-KEPT_LINES);
      return;
    }
    const event = JSON.parse(line.slice(at + 1));
    if (event.type === 'secured') this.secured += event.count;
    else if (event.type === 'start') this.#current = event.title;
    else if (event.type === 'end') this.#ended = true;
    else if (event.type in VERDICTS) {
      this.#current = null;
      this.#add(event.title, VERDICTS[event.type], event.error);
    }
  }

  /** The file was one test. */
  endOfScript(code, how) {
    this.tests.push({
      id: this.#file,
      verdict: code === 0 ? 'passed' : 'failed',
      detail: code === 0 ? '' : this.#withPrinted(how),
    });
  }

  /** A process that ended before its tests had is a failure of the test that ran. */
  endOfTests(how) {
    if (!this.#ended) this.#add(this.#current ?? 'the file itself', 'failed', this.#withPrinted(how));
  }

  #withPrinted = (how) => [how, ...this.#printed].join('\n');

  #add(title, verdict, detail = '') {
    const number = (this.#named.get(title) ?? 0) + 1;
    this.#named.set(title, number);
    const id = `${this.#file}: ${title}${number === 1 ? '' : ` (${number})`}`;
    this.tests.push({ id, verdict, detail });
  }
}

/**
 * @typedef {object} Expected what the list says of a suite
 * @property {[passed: number, failed: number]} baseline with node:tls
 * @property {[passed: number, failed: number]} register with Schannel
 * @property {Record<string, string>} differences why the tests with these ids fail with one and pass with the other
 */

/**
 * @param {TestResult[]} tests
 * @returns {[passed: number, failed: number]}
 */
export const countsOf = (tests) =>
  ['passed', 'failed'].map((verdict) => tests.filter((test) => test.verdict === verdict).length);

/**
 * The tests that do not end with Schannel as they do with node:tls.
 * @param {TestResult[]} baseline
 * @param {TestResult[]} register
 * @returns {{ id: string, before: string, after: string, detail: string }[]}
 */
export function differences(baseline, register) {
  const before = new Map(baseline.map((test) => [test.id, test]));
  const after = new Map(register.map((test) => [test.id, test]));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((id) => {
    const [one, other] = [before.get(id), after.get(id)];
    if (one?.verdict === other?.verdict) return [];
    const detail = other?.detail || one?.detail || '';
    return [{ id, before: one?.verdict ?? 'not run', after: other?.verdict ?? 'not run', detail }];
  });
}

/**
 * What the list says otherwise.
 * @param {TestResult[]} baseline
 * @param {TestResult[]} register
 * @param {Expected | undefined} expected
 * @returns {string[]} a sentence for each
 */
export function surprises(baseline, register, expected) {
  if (expected === undefined) return ['the list has no such suite'];
  const found = differences(baseline, register);
  const unknown = found
    .filter(({ id }) => !Object.hasOwn(expected.differences, id))
    .map(({ id, before, after }) => `${id} is ${before} with node:tls and ${after} with Schannel`);
  const gone = Object.keys(expected.differences)
    .filter((id) => !found.some((one) => one.id === id))
    .map((id) => `${id} does not differ`);
  const counts = [
    ['node:tls', countsOf(baseline), expected.baseline],
    ['Schannel', countsOf(register), expected.register],
  ].flatMap(([name, [passed, failed], [wantedPassed, wantedFailed]]) =>
    passed === wantedPassed && failed === wantedFailed
      ? []
      : [`with ${name}, ${passed} pass and ${failed} fail, not ${wantedPassed} and ${wantedFailed}`],
  );
  return [...unknown, ...gone, ...counts];
}
