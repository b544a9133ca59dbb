import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { startPeerHost } from '../peers/host.mjs';
import { setUp } from '../steps/setup.mjs';
import { planSuites, SUITES } from '../suites/plan.mjs';
import { NODE_VERSIONS } from '../suites/live.mjs';
import { PROFILES, seedsOfRounds } from '../suites/double.mjs';
import { comparePlatforms } from '../suites/platforms.mjs';
import { Tally } from '../suites/tally.mjs';
import { isWindows } from '../support/paths.mjs';
import { sideBySide } from '../support/side-by-side.mjs';
import { Refusal } from '../support/refusal.mjs';

const USAGE = `usage: npm test -- [options] [test files]

  --suite NAME   only this suite (${SUITES.join(', ')}); may be repeated
  --node MAJOR   every live test on this Windows node (${NODE_VERSIONS.join(', ')}, or all); may be repeated.
                 Without it node ${NODE_VERSIONS[0]} runs every one, the others a part
  --arch ia32    live tests on a node of 32 bits, on Linux: a part, or the files that are named
  --double-profile NAME
                 only the live tests on the double (docs/double.md), as this Windows plays it: ${PROFILES.join(', ')};
                 may be repeated
  --double-seed N
                 only the live tests on the double, with this seed; may be repeated
  --double-rounds N
                 only the part of these tests that calls SSPI most, or the files that are named, with N seeds one after
                 another: from --double-seed on, or else from one that is drawn
  --on windows   runs the unit tests, and those of the scripts, in Windows' node, as Windows does; without --suite
                 and without files only these
  --no-peers     starts no programs of Debian for live tests, as Windows has none: tests that need one are skipped
  --grep TEXT    only tests whose full title matches
  --verbose      names passed tests too
  --times        prints how long each file took
  --jobs N       suites at the same time (1 on Windows, else one more than there are processors)
`;

/** `npm test`: every suite, some at a time; a failed one does not stop the next. */
export default async function test(args) {
  const options = parse(args);
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const suites = planSuites(options);
  const { windows, failures } = await setUp({ ...needsOf(suites), arch: options.arch });
  const tallies = [];
  const runs = [];
  const run = async (name, work) => {
    const tally = new Tally(name, options);
    tallies.push(tally);
    await work(tally);
    return tally;
  };
  // A build that succeeded is no test, but one that failed must not end in a green line.
  if (failures.length > 0) {
    const build = await run('build', (tally) =>
      failures.forEach((failure) => tally.fail('compile', failure.message)),
    );
    build.finish();
  }
  const peers = isWindows || options['no-peers'] ? null : await startPeerHost();
  const env = peers === null ? {} : { SCHANNEL_PEERS: peers.address };
  const stop = async () => {
    await peers?.close();
    await windows?.close();
  };
  endOnSignal(stop);
  const runSuite = async (suite) => {
    const tally = await run(suite.title, async (counts) => {
      await suite
        .run({ tally: counts, windows, grep: options.grep, env })
        .catch((error) => counts.fail('the suite itself', error.stack));
    });
    if (tally.total === 0 && options.grep === undefined)
      tally.fail('no test', 'the suite ran no test at all');
    if (tally.total > 0) tally.finish();
    runs.push({ platform: suite.platform, ran: tally.ran });
  };
  await sideBySide(suites, options.jobs, runSuite);
  await stop();
  const comparison = comparePlatforms(runs);
  if (comparison !== null) console.log(comparison);
  return conclude(tallies);
}

/**
 * Suites wait nearly as much as they compute: one that waits leaves its processor to another. The rig gives each
 * separate stores and keys; a real Windows has only one set.
 */
const JOBS = isWindows ? 1 : availableParallelism() + 1;

function parse(args) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        suite: { type: 'string', multiple: true },
        node: { type: 'string', multiple: true },
        arch: { type: 'string' },
        'double-profile': { type: 'string', multiple: true },
        'double-rounds': { type: 'string' },
        'double-seed': { type: 'string', multiple: true },
        on: { type: 'string' },
        'no-peers': { type: 'boolean' },
        grep: { type: 'string' },
        verbose: { type: 'boolean' },
        times: { type: 'boolean' },
        jobs: { type: 'string', default: String(JOBS) },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.on !== undefined && values.on !== 'windows')
      throw new Error(`Tests run on windows or, without --on, on this system, not on ${values.on}.`);
    const onWindows = values.on === 'windows';
    if (values.arch !== undefined) checkArch(values);
    return {
      ...values,
      ...worldsOf(values),
      onWindows,
      ...(onWindows && values.suite === undefined ? { suite: ['unit'] } : {}),
      jobs: numberOf(values.jobs, 'The number of jobs', 1),
      files: positionals,
    };
  } catch (error) {
    throw new Refusal(`${error.message}\n\n${USAGE}`);
  }
}

/** What would choose another node, another Schannel or other tests than --arch does. */
const WITHOUT_ARCH = ['suite', 'node', 'on', 'double-profile', 'double-rounds', 'double-seed'];

function checkArch({ arch, ...values }) {
  if (isWindows || arch !== 'ia32')
    throw new Error('--arch takes ia32, on Linux. Windows tests the node that runs this.');
  const other = WITHOUT_ARCH.find((name) => values[name] !== undefined);
  if (other !== undefined)
    throw new Error(`--arch ia32 means live tests on one node and Wine's Schannel. Leave out --${other}.`);
}

/** What the options say of the double. */
function worldsOf(values) {
  const {
    'double-profile': doubleProfiles = [],
    'double-seed': seeds = [],
    'double-rounds': rounds,
  } = values;
  const strange = doubleProfiles.find((profile) => !PROFILES.includes(profile));
  if (strange !== undefined)
    throw new Error(`There is no profile ${strange} of the double, only ${PROFILES.join(', ')}.`);
  const doubleSeeds = seeds.map((text) => numberOf(text, 'A seed'));
  if (rounds === undefined) return { doubleProfiles, doubleSeeds };
  if (seeds.length > 1) throw new Error('Rounds begin with one seed, not with several.');
  const doubleRounds = seedsOfRounds(numberOf(rounds, 'The number of rounds', 1), doubleSeeds[0]);
  return { doubleProfiles, doubleRounds };
}

function numberOf(text, what, least = 0) {
  if (!/^\d{1,9}$/.test(text) || Number(text) < least)
    throw new Error(`${what} is a number from ${least} on, of at most nine digits, not ${text}.`);
  return Number(text);
}

function needsOf(suites) {
  const wants = (need) => suites.some((suite) => suite.needs.includes(need));
  const versions = suites.flatMap((suite) => suite.nodes);
  return {
    native: wants('native'),
    sanitized: wants('sanitized'),
    library: wants('compiled'),
    tests: wants('compiled'),
    libraries: !isWindows && suites.some(({ files = [] }) => files.some(usesLibraries)),
    nodes: [...new Set(versions)],
  };
}

/** Whether a test runs libraries that the repository itself does without. */
const usesLibraries = (file) => file.startsWith('dist-test/live/libraries/');

/** A person's Ctrl+C ends the programs on the rig as well; they are in separate process groups. */
function endOnSignal(stop) {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    process.once(signal, () => {
      stop().finally(() => process.exit(code));
    });
  }
}

function conclude(tallies) {
  const sum = (key) => tallies.reduce((total, tally) => total + tally[key], 0);
  const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map(sum);
  const nothing = passed + failed + skipped === 0;
  if (nothing) console.error('No test matches.');
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 && !nothing ? 0 : 1;
}
