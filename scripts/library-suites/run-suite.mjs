import { toWindowsPath } from '../rig/index.mjs';
import { endOf } from '../suites/ending.mjs';
import { requiring } from '../support/node-options.mjs';
import { inRoot, isWindows } from '../support/paths.mjs';
import { eachLine } from '../support/process.mjs';
import { FileResults } from './results.mjs';

/** A file has up to some hundred tests, each of which has a limit itself. */
const LIMIT_MS = 300_000;

/** Of a test, unless it has another one: the machine may be busy. */
const TEST_LIMIT_MS = 30_000;

/**
 * Runs the tests of a file in a separate process.
 * @param {string} file
 * @param {object} options
 * @param {import('../support/windows.mjs').Windows} options.windows
 * @param {string} options.node its version
 * @param {string} [options.prefix]
 * @param {import('./suites.mjs').Suite} options.suite
 * @param {string} options.directory what ensureSuite() gave
 * @param {boolean} options.ours with Schannel in the place of node:tls
 * @returns {Promise<{ tests: import('./results.mjs').TestResult[], secured: number }>} `secured`: connections that were
 *   Schannel's
 */
export async function runFile(file, { windows, node, prefix, suite, directory, ours }) {
  const env = { ...process.env };
  // Reaches the processes that tests start, too.
  if (ours) env.NODE_OPTIONS = requiring(windowsPath('scripts/library-suites/preload.cjs'));
  const args = ARGUMENTS[suite.runner](file, suite);
  const child = windows.spawn(windows.node(node), args, { env, prefix, cwd: directory, stdin: 'ignore' });
  const results = new FileResults(file);
  for (const stream of [child.stdout, child.stderr]) eachLine(stream, (line) => results.read(line));
  const { code, how } = await endOf(child, LIMIT_MS);
  if (suite.runner === 'script') results.endOfScript(code, how);
  else results.endOfTests(how);
  return { tests: results.tests, secured: results.secured };
}

const ARGUMENTS = {
  script: (file) => [file],
  mocha: (file, { leaveOut }) => [
    windowsPath('node_modules/mocha/bin/mocha.js'),
    ...['--no-config', '--no-package', '--exit', '--timeout', String(TEST_LIMIT_MS)],
    ...['--reporter', windowsPath('scripts/suites/event-reporter.cjs')],
    ...(leaveOut === undefined ? [] : ['--grep', leaveOut, '--invert']),
    file,
  ],
  'node:test': (file, { leaveOut }) => [
    '--test-force-exit',
    ...['--test-reporter', `file:///${windowsPath(REPORTER).replaceAll('\\', '/')}`],
    ...(leaveOut === undefined ? [] : ['--test-skip-pattern', leaveOut]),
    file,
  ],
};

const REPORTER = 'scripts/library-suites/node-test-reporter.mjs';

const windowsPath = (file) => (isWindows ? inRoot(file) : toWindowsPath(inRoot(file)));
