import { eachLine } from '../support/process.mjs';
import { endOf } from './ending.mjs';

const REPORTER = './scripts/suites/event-reporter.cjs';
const SEPARATOR = '\u001e';
// They only guard against what would otherwise last forever, as mocha's own limit of a test does (.mocharc.json), which
// ends first: on a machine that is busy with other things as well, everything may take thirty times as long.
export const SILENCE_MS = 900_000;
const FAREWELL_MS = 120_000;

/**
 * Runs test files with mocha and feeds the tally. When the process dies in the middle of a file, that file has
 * failed and the ones behind it run in a new process; when a file can't even be loaded, each runs by itself.
 * @param {string[]} files
 * @param {{ tally: import('./tally.mjs').Tally, grep?: string, hooks?: string,
 *   start: (args: string[]) => import('node:child_process').ChildProcess,
 *   silenceMs?: number, farewellMs?: number }} options
 *   `hooks` is a file with root hooks of mocha; `start` runs node with these arguments, wherever that node lives
 */
export async function runMocha(files, options) {
  let rest = files;
  while (rest.length > 0) {
    const run = await runOnce(rest, options);
    if (run.current === null && !run.ended && rest.length > 1) {
      for (const file of rest) await runMocha([file], options);
      return;
    }
    judge(run, rest, options.tally);
    if (run.ended) return;
    const lost = rest.findIndex((file) => sameFile(file, run.current?.file));
    rest = lost === -1 ? [] : rest.slice(lost + 1);
  }
}

function runOnce(files, { grep, hooks, ...options }) {
  const required = hooks === undefined ? [] : ['--require', hooks];
  const mocha = ['node_modules/mocha/bin/mocha.js', '--reporter', REPORTER];
  return hearMocha([...mocha, ...required, ...filterOf(grep), ...files], options);
}

export const filterOf = (grep) => (grep === undefined ? [] : ['--grep', grep]);

/**
 * Runs node with these arguments and feeds the tally with the events of scripts/suites/event-reporter.cjs.
 * @returns {Promise<Run>}
 */
export async function hearMocha(args, { tally, start, silenceMs = SILENCE_MS, farewellMs = FAREWELL_MS }) {
  const child = start(args);
  const run = {
    current: null,
    ended: false,
    failures: 0,
    complaint: null,
    stray: [],
    since: performance.now(),
  };
  const watch = watchdog(child, run, { silenceMs, farewellMs });
  const onLine = (line) => {
    if (line.startsWith(SEPARATOR)) onEvent(JSON.parse(line.slice(1)), run, tally);
    else if (line !== '') run.stray.push(line);
    watch.touch();
  };
  eachLine(child.stdout, onLine);
  eachLine(child.stderr, onLine);
  const { code, how } = await endOf(child);
  watch.stop();
  return { ...run, code, how };
}

/**
 * @typedef {object} Run
 * @property {object | null} current the last event that was about a test
 * @property {boolean} ended whether all tests were run
 */

/** Adds what no test could tell: a process that died, hung, stayed, or ended badly. @param {Run} run */
export function judge(run, files, tally) {
  const printed = run.stray.slice(-60).join('\n');
  const title = run.ended ? 'the end of the process' : (run.current?.title ?? `loading ${files.join(' ')}`);
  const fail = (why) => tally.fail(title, `${why}\n${printed}`, (!run.ended && run.current) || {});
  if (run.complaint !== null) fail(run.complaint);
  else if (!run.ended) fail(`the process had not run all its tests when ${run.how}`);
  else if (run.code !== 0 && run.failures === 0) fail(`every test passed, but ${run.how}`);
  else if (printed !== '' && run.failures > 0) tally.log(printed);
}

function onEvent(event, run, tally) {
  if (event.file !== undefined) run.current = event;
  const now = performance.now();
  tally.spend(event.type === 'begin' ? 'loading' : partOf(event, run), now - run.since);
  run.since = now;
  switch (event.type) {
    case 'pass':
      return tally.pass(event.title, event.ms, event);
    case 'fail':
      run.failures++;
      return tally.fail(event.title, event.error, event);
    case 'skip':
      if (event.reason !== null) return tally.skip(event.title, event.reason, event);
      return tally.fail(event.title, 'skipped without a reason: use skip() of test/support/skip.ts', event);
    case 'end':
      run.ended = true;
  }
}

/** Ends a process that has fallen silent, or that stays although its tests are over. */
function watchdog(child, run, { silenceMs, farewellMs }) {
  let timer;
  const end = (complaint) => {
    run.complaint = complaint;
    child.kill('SIGKILL');
  };
  const arm = () => {
    clearTimeout(timer);
    // Loading may take long on a busy machine, whatever limit a caller has set for tests.
    const limit = run.ended ? farewellMs : run.current === null ? SILENCE_MS : silenceMs;
    const complaint = run.ended
      ? `the process was still there ${limit / 1000} s after its last test: something is left open`
      : `nothing was heard for ${limit / 1000} s`;
    timer = setTimeout(end, limit, complaint);
  };
  arm();
  return { touch: arm, stop: () => clearTimeout(timer) };
}

/**
 * What the time since the event before this one was spent on: hooks and tests of the file, or the end of the last
 * one.
 */
const partOf = (event, run) => slashed(event.file ?? run.current?.file ?? 'loading');

// A file is a Windows path in a Windows node: "Z:\repo\dist-test\x.test.js" or, below the root, with backslashes.
const sameFile = (file, seen) => seen !== undefined && slashed(seen).endsWith(slashed(file));
const slashed = (file) => file.replaceAll('\\', '/');
