import { toWindowsPath } from '../rig/index.mjs';
import { endOf } from '../suites/ending.mjs';
import { requiring } from '../support/node-options.mjs';
import { inRoot, isWindows } from '../support/paths.mjs';
import { TESTS_NODE } from './tests.mjs';

const LIMIT_MS = 30_000;

/** How much of what a failed test printed is kept. */
const KEPT_LINES = 25;

/**
 * Runs one of Node's tests in a separate process.
 * @param {{ file: string, flags: string[] }} test
 * @param {{ windows: import('../support/windows.mjs').Windows, directory: string, slot: number, ours: boolean,
 *   double?: boolean, prefix?: string }} options `ours`: with this library in the place of node:tls; `double`: on the
 *   double of Windows; `slot` tells tests apart that run at the same time
 * @returns {Promise<{ verdict: 'passed' | 'failed' | 'skipped', detail: string }>}
 */
export async function runNodeTest(test, { windows, directory, slot, ours, double, prefix }) {
  const id = `${process.pid}.${slot}`;
  const env = { ...process.env, TEST_PARALLEL: '1', TEST_THREAD_ID: id, TEST_SERIAL_ID: id };
  if (ours) {
    env.SCHANNEL_LIBRARY = windowsPath(inRoot('dist'));
    // Reaches the processes that tests start, too.
    env.NODE_OPTIONS = requiring(windowsPath(inRoot('scripts/node-suite/preload.cjs')));
    if (double) Object.assign(env, onDouble());
  }
  const child = windows.spawn(windows.node(TESTS_NODE), [...test.flags, test.file], {
    env,
    prefix,
    cwd: directory,
    stdin: 'ignore',
  });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => printed.push(chunk));
  const { code, how } = await endOf(child, LIMIT_MS);
  const text = Buffer.concat(printed).toString();
  const skipped = /^1\.\.0 # Skipped: (.*)$/m.exec(text);
  if (code !== 0)
    return {
      verdict: 'failed',
      detail: [how, ...text.trimEnd().split(/\r?\n/).slice(-KEPT_LINES)].join('\n'),
    };
  return skipped ? { verdict: 'skipped', detail: skipped[1].trim() } : { verdict: 'passed', detail: '' };
}

/** Node's tests expect the two tickets of OpenSSL's servers. How many those of Windows send is not known. */
const onDouble = () => ({
  SCHANNEL_DOUBLE_PRELOAD: windowsPath(inRoot('test/double/preload.cjs')),
  SCHANNEL_DOUBLE_FIX: process.env.SCHANNEL_DOUBLE_FIX ?? 'tickets=2',
});

const windowsPath = (file) => (isWindows ? file : toWindowsPath(file));
