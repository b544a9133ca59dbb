import { documentedFailures } from '../node-suite/documented.mjs';
import { runNodeTest } from '../node-suite/run-test.mjs';
import { ensureNodeTests, listNodeTests, TESTS_NODE } from '../node-suite/tests.mjs';
import { mustSetUp } from '../steps/setup.mjs';
import { isWindows } from '../support/paths.mjs';
import { Progress } from '../support/progress.mjs';
import { Refusal } from '../support/refusal.mjs';
import { suiteOptions } from '../support/suite-options.mjs';

const USAGE = `usage: npm run node-suite -- [options]

  --grep TEXT    only tests whose name matches
  --tests DIR    a source tree of Node's, in place of Debian's source package; needed on Windows
  --builtin      with node:tls itself, to see which of them pass at all
  --double       on the double of Windows (docs/double.md) instead of Wine's Schannel
  --jobs N       at the same time (2)
  --verbose      what the failed ones printed, also where docs/node-tls-parity.md names them
`;

/**
 * `npm run node-suite`: Node's own tests of tls and https, with this library in the place of both. What does not
 * pass is compared with docs/node-tls-parity.md; the exit code says whether that page is right.
 */
export default async function nodeSuite(args) {
  const options = suiteOptions(args, { usage: USAGE, switches: ['builtin', 'double'], complaint });
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
    const { builtin, double } = options;
    const prefix = await windows.clonePrefix(double ? 'node-suite-double' : 'node-suite');
    const run = (test, slot) =>
      runNodeTest(test, { windows, directory, prefix, slot, ours: !builtin, double });
    const documented = builtin ? null : documentedFailures(double ? 'double' : 'Wine');
    return conclude(await runAll(tests, run, options.jobs, documented), documented, options);
  } finally {
    await windows.close();
  }
}

/** By themselves, for those that should not fail: the machine may have been busy, and some depend on chance. */
const RETRIES = 2;

/** @param documented what the page says of failures; null: nothing, about node:tls itself */
const isExpectedToFail = (documented, { name }) =>
  documented !== null && (documented.within.has(name) || documented.outside.has(name));

/** A few at a time, and those that should not have failed again. */
async function runAll(tests, run, jobs, documented) {
  const queue = [...tests];
  const results = new Map();
  const work = async (slot) => {
    for (let test = queue.shift(); test; test = queue.shift()) {
      results.set(test, await run(test, slot));
      process.stderr.write(`${results.size}/${tests.length} ${results.get(test).verdict} ${test.name}\n`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, (_, slot) => work(slot)));
  for (const test of tests.filter((one) => !isExpectedToFail(documented, one))) {
    for (let retry = 0; retry < RETRIES && results.get(test).verdict === 'failed'; retry++)
      results.set(test, await run(test, 0));
  }
  return tests.map((test) => ({ ...test, ...results.get(test) }));
}

function conclude(results, documented, { verbose }) {
  const isExpected = (result) => isExpectedToFail(documented, result);
  const of = (verdict) => results.filter((result) => result.verdict === verdict);
  const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map(of);
  for (const result of failed) {
    const isShown = verbose || !isExpected(result);
    console.log(`failed ${result.name}${isShown ? `\n${result.detail.replace(/^/gm, '    ')}` : ''}`);
  }
  const counts = `${results.length} tests of Node's: ${passed.length} pass, ${failed.length} fail`;
  // The page is only about this library.
  if (documented === null) {
    console.log(`${counts}, ${skipped.length} skip themselves`);
    return 0;
  }
  const { chance, outside } = documented;
  const reached = failed.filter(({ name }) => !outside.has(name)).length;
  console.log(`${counts} (${reached} of them within reach), ${skipped.length} skip themselves`);
  const surprises = [
    ...failed
      .filter((result) => !isExpected(result) && !chance.has(result.name))
      .map(({ name }) => `${name} fails`),
    ...passed.filter(isExpected).map(({ name }) => `${name} passes`),
  ];
  if (surprises.length === 0) return 0;
  console.log(`docs/node-tls-parity.md says otherwise:\n  ${surprises.join('\n  ')}`);
  return 1;
}

function complaint({ double, builtin, tests }) {
  if (double && (isWindows || builtin)) return '--double is for this library, on the rig';
  if (isWindows && tests === undefined) return '--tests has to name a source tree of Node here';
  return undefined;
}
