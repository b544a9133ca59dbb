import path from 'node:path';
import { parseArgs } from 'node:util';
import { documentedFailures } from '../node-suite/documented.mjs';
import { runNodeTest } from '../node-suite/run-test.mjs';
import { ensureNodeTests, listNodeTests, TESTS_NODE } from '../node-suite/tests.mjs';
import { mustSetUp } from '../steps/setup.mjs';
import { isWindows } from '../support/paths.mjs';
import { Progress } from '../support/progress.mjs';
import { Refusal } from '../support/refusal.mjs';

const USAGE = `usage: npm run node-suite -- [options]

  --grep TEXT    only tests whose name matches
  --tests DIR    a source tree of Node's, in place of Debian's source package; needed on Windows
  --builtin      with node:tls itself, to see which of them pass at all
  --jobs N       at the same time (2)
  --verbose      what the failed ones printed, also where docs/node-tls-parity.md names them
`;

/**
 * `npm run node-suite`: Node's own tests of tls and https, with this library in the place of both. What does not
 * pass is compared with docs/node-tls-parity.md; the exit code says whether that page is right.
 */
export default async function nodeSuite(args) {
  const options = parse(args);
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const progress = new Progress();
  const windows = await mustSetUp({ native: true, library: true, nodes: [TESTS_NODE] }, progress);
  try {
    const directory =
      options.tests ?? (await progress.track("Node's tests", (report) => ensureNodeTests(report)));
    const tests = listNodeTests(directory).filter(({ name }) => options.grep?.test(name) ?? true);
    if (tests.length === 0) throw new Refusal('No test matches.');
    const prefix = await windows.clonePrefix('node-suite');
    const run = (test, slot) =>
      runNodeTest(test, { windows, directory, prefix, slot, ours: !options.builtin });
    return conclude(await runAll(tests, run, options.jobs), options);
  } finally {
    await windows.close();
  }
}

/** By themselves, for those that failed: the machine may have been busy, and some depend on chance under Wine. */
const RETRIES = 2;

/** A few at a time, and those that failed again. */
async function runAll(tests, run, jobs) {
  const queue = [...tests];
  const results = new Map();
  const work = async (slot) => {
    for (let test = queue.shift(); test; test = queue.shift()) {
      results.set(test, await run(test, slot));
      process.stderr.write(`${results.size}/${tests.length} ${results.get(test).verdict} ${test.name}\n`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, (_, slot) => work(slot)));
  for (const test of tests) {
    for (let retry = 0; retry < RETRIES && results.get(test).verdict === 'failed'; retry++)
      results.set(test, await run(test, 0));
  }
  return tests.map((test) => ({ ...test, ...results.get(test) }));
}

function conclude(results, { builtin, verbose }) {
  const { within, chance, outside } = documentedFailures();
  const isExpected = ({ name }) => !builtin && (within.has(name) || outside.has(name));
  const of = (verdict) => results.filter((result) => result.verdict === verdict);
  const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map(of);
  for (const result of failed) {
    const isShown = verbose || !isExpected(result);
    console.log(`failed ${result.name}${isShown ? `\n${result.detail.replace(/^/gm, '    ')}` : ''}`);
  }
  const surprises = [
    ...failed
      .filter((result) => !isExpected(result) && !chance.has(result.name))
      .map(({ name }) => `${name} fails`),
    ...passed.filter(isExpected).map(({ name }) => `${name} passes`),
  ];
  const reached = failed.filter(({ name }) => !outside.has(name)).length;
  console.log(
    `${results.length} tests of Node's: ${passed.length} pass, ${failed.length} fail (${reached} of them within reach), ` +
      `${skipped.length} skip themselves`,
  );
  // The page is only about this library.
  if (builtin || surprises.length === 0) return 0;
  console.log(`docs/node-tls-parity.md says otherwise:\n  ${surprises.join('\n  ')}`);
  return 1;
}

function parse(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        grep: { type: 'string' },
        tests: { type: 'string' },
        builtin: { type: 'boolean' },
        jobs: { type: 'string', default: '2' },
        verbose: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const jobs = Number(values.jobs);
    if (!Number.isInteger(jobs) || jobs < 1) throw new Error('--jobs takes a number from 1 on');
    if (isWindows && values.tests === undefined)
      throw new Error('--tests has to name a source tree of Node here');
    const tests = values.tests && path.resolve(values.tests);
    return { ...values, tests, jobs, grep: values.grep === undefined ? undefined : new RegExp(values.grep) };
  } catch (error) {
    throw new Refusal(`${error.message}\n\n${USAGE}`);
  }
}
