import { eachLine } from '../support/process.mjs';
import { endOf } from './ending.mjs';

const REPORTER = './scripts/suites/event-reporter.cjs';
const SEPARATOR = '\u001e';
// Generous, because they only guard against what would otherwise last for ever.
const SILENCE_MS = 180_000;
const FAREWELL_MS = 20_000;

/**
 * Runs test files with mocha and feeds the tally. When the process dies in the middle of a file, that file has
 * failed and the ones behind it run in a new process.
 * @param {string[]} files
 * @param {{ tally: import('./tally.mjs').Tally, grep?: string,
 *   start: (args: string[]) => import('node:child_process').ChildProcess }} options
 *   `start` runs node with these arguments, wherever that node lives
 */
export async function runMocha(files, options) {
  let rest = files;
  while (rest.length > 0) {
    const { lost } = await runOnce(rest, options);
    if (lost === null) return;
    rest = rest.slice(rest.indexOf(lost) + 1);
  }
}

async function runOnce(files, { tally, grep, start }) {
  const filter = grep === undefined ? [] : ['--grep', grep];
  const child = start([
    '--enable-source-maps',
    'node_modules/mocha/bin/mocha.js',
    '--reporter',
    REPORTER,
    ...filter,
    ...files,
  ]);
  const state = { current: null, ended: false, complaint: null, stray: [] };
  const watch = watchdog(child, state);
  const onLine = (line) => {
    if (line.startsWith(SEPARATOR)) onEvent(JSON.parse(line.slice(1)), state, tally);
    else if (line !== '') state.stray.push(line);
    watch.touch();
  };
  eachLine(child.stdout, onLine);
  eachLine(child.stderr, onLine);
  const { code, how } = await endOf(child);
  watch.stop();
  const stray = state.stray.slice(-60).join('\n');
  if (state.complaint !== null) {
    tally.fail(
      state.ended ? 'the end of the process' : (state.current?.title ?? files.join(' ')),
      `${state.complaint}\n${stray}`,
    );
  } else if (!state.ended) {
    tally.fail(
      state.current?.title ?? `loading ${files.join(' ')}`,
      `the process had not run all its tests when ${how}\n${stray}`,
    );
  } else if (code !== 0 && state.failures === undefined) {
    tally.fail('the end of the process', `every test passed, but ${how}\n${stray}`);
  } else if (stray !== '' && state.failures !== undefined) tally.log(stray);
  const lost = state.ended
    ? null
    : (files.find((file) => sameFile(file, state.current?.file)) ?? files.at(-1));
  return { lost };
}

function onEvent(event, state, tally) {
  if (event.file !== undefined) state.current = event;
  switch (event.type) {
    case 'pass':
      return tally.pass(event.title);
    case 'fail':
      state.failures = (state.failures ?? 0) + 1;
      return tally.fail(event.title, event.error);
    case 'skip':
      if (event.reason !== null) return tally.skip(event.title, event.reason);
      return tally.fail(event.title, 'skipped without a reason: use skip() of test/support/skip.ts');
    case 'end':
      state.ended = true;
  }
}

/** Ends a process that has fallen silent, or that stays although its tests are over. */
function watchdog(child, state) {
  let timer;
  const arm = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        state.complaint = state.ended
          ? `the process was still there ${FAREWELL_MS / 1000} s after its last test: something is left open`
          : `nothing was heard for ${SILENCE_MS / 1000} s`;
        child.kill('SIGKILL');
      },
      state.ended ? FAREWELL_MS : SILENCE_MS,
    );
  };
  arm();
  return { touch: arm, stop: () => clearTimeout(timer) };
}

// A file is a Windows path in a Windows node: "Z:\repo\dist-test\x.test.js" or, below the root, with backslashes.
const sameFile = (file, seen) => seen !== undefined && seen.replaceAll('\\', '/').endsWith(file);
