import { EXPECTED } from '../library-suites/expected.mjs';
import { countsOf, differences, surprises } from '../library-suites/results.mjs';
import { runFile } from '../library-suites/run-suite.mjs';
import { ensureSuite, given } from '../library-suites/sources.mjs';
import { SUITES } from '../library-suites/suites.mjs';
import { mustSetUp } from '../steps/setup.mjs';
import { NODE_VERSIONS } from '../suites/live.mjs';
import { findProgram, isWindows } from '../support/paths.mjs';
import { Progress } from '../support/progress.mjs';
import { Refusal } from '../support/refusal.mjs';
import { sideBySide } from '../support/side-by-side.mjs';
import { suiteOptions } from '../support/suite-options.mjs';

const USAGE = `usage: npm run library-suites -- [options]

  --grep TEXT    only suites of libraries whose name matches, such as ws
  --tests DIR    a folder with sources in folders of the libraries' names, in place of Debian's and npm's
  --jobs N       suites at the same time (2)
  --verbose      what failed tests said, also where it is expected
`;

/** With both, for a file in which something differs unexpectedly: the machine may have been busy. */
const RETRIES = 2;

/**
 * `npm run library-suites`: the tests of libraries, with node:tls and with `--require schannel/register`, in the same
 * Windows node. What differs is compared with scripts/library-suites/expected.mjs; the exit code says whether that list
 * is right.
 */
export default async function librarySuites(args) {
  const options = suiteOptions(args, { usage: USAGE });
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  if (isWindows) throw new Refusal('The list of what differs is about Wine: this runs on Linux only.');
  if (findProgram('openssl') === null)
    throw new Refusal('Some certificates of the tests are made again by OpenSSL.', 'apt-get install openssl');
  const wanted = SUITES.filter(({ library }) => options.grep?.test(library) ?? true);
  const suites = wanted.filter((suite) => suite.from !== 'given' || given(suite, options.tests));
  for (const { library, version } of wanted.filter((suite) => !suites.includes(suite)))
    console.log(
      `${library} is left out: --tests has to name a folder with ${library} ${version} of its repository.`,
    );
  if (suites.length === 0) throw new Refusal('No suite matches.');
  const progress = new Progress();
  const [node] = NODE_VERSIONS;
  const windows = await mustSetUp({ native: true, library: true, nodes: [node] }, progress);
  try {
    const outcomes = new Map();
    const prefix = await windows.clonePrefix('library-suites');
    await sideBySide(suites, options.jobs, async (suite) => {
      const directory = await progress.track(`tests of ${suite.library}`, (report) =>
        ensureSuite(suite, { tests: options.tests, report }),
      );
      outcomes.set(suite, await runSuite(suite, { windows, node, prefix, directory }));
    });
    return conclude(
      suites.map((suite) => [suite, outcomes.get(suite)]),
      options,
    );
  } finally {
    await windows.close();
  }
}

/** One file after the other, since many suites have fixed ports; each with both, before the next. */
async function runSuite(suite, options) {
  const known = EXPECTED[suite.library]?.differences ?? {};
  const outcome = { baseline: [], register: [], secured: 0 };
  for (const file of suite.files) {
    let [baseline, register] = await runBoth(file, suite, options);
    const differs = () =>
      differences(baseline.tests, register.tests).some(({ id }) => !Object.hasOwn(known, id));
    for (let retry = 0; retry < RETRIES && differs(); retry++)
      [baseline, register] = await runBoth(file, suite, options);
    outcome.baseline.push(...baseline.tests);
    outcome.register.push(...register.tests);
    outcome.secured += register.secured;
  }
  return outcome;
}

async function runBoth(file, suite, options) {
  const both = [];
  for (const ours of [false, true]) {
    const result = await runFile(file, { ...options, suite, ours });
    const [passed, failed] = countsOf(result.tests);
    const name = ours ? 'Schannel' : 'node:tls';
    process.stderr.write(`${suite.library} ${file}: ${passed} pass and ${failed} fail with ${name}\n`);
    both.push(result);
  }
  return both;
}

function conclude(outcomes, { verbose }) {
  const wrong = [];
  const rows = [['suite', 'version', 'node:tls', 'Schannel', 'differ', 'connections']];
  for (const [{ library, version }, { baseline, register, secured }] of outcomes) {
    const expected = EXPECTED[library];
    const found = differences(baseline, register);
    for (const { id, before, after, detail } of found) {
      const why = expected?.differences[id];
      console.log(
        `${library}: ${id}: ${before}, with Schannel ${after}${why === undefined ? '' : `: ${why}`}`,
      );
      if (verbose || why === undefined) console.log(detail.replace(/^/gm, '    '));
    }
    if (verbose)
      for (const { id, detail } of register.filter(({ verdict }) => verdict === 'failed'))
        console.log(`${library}: ${id}: failed\n${detail.replace(/^/gm, '    ')}`);
    wrong.push(...surprises(baseline, register, expected).map((sentence) => `${library}: ${sentence}`));
    if (secured === 0) wrong.push(`${library}: no connection was Schannel's`);
    rows.push([
      library,
      version,
      ...[baseline, register].map((tests) => countsOf(tests).join('/')),
      String(found.length),
      String(secured),
    ]);
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
  if (wrong.length === 0) return 0;
  console.log(`scripts/library-suites/expected.mjs says otherwise:\n  ${wrong.join('\n  ')}`);
  return 1;
}
