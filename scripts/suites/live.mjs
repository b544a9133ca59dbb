import { inRoot } from '../support/paths.mjs';
import { runMocha } from './mocha.mjs';

/** Majors of the Windows nodes that are tested, the one that is tested first in front. */
export const NODE_VERSIONS = ['24', '20', '22', '26'];

/**
 * Node asks for each module whether it is a link, and Wine takes a millisecond of the processor to answer: most of
 * what a program takes to start. There are no links among our modules.
 */
const QUICK_START = '--preserve-symlinks --preserve-symlinks-main';

/** Has Windows' node load the add-on on the double. The name of the drive is the rig's. */
const PRELOAD = `Z:${inRoot('test/double/preload.cjs')}`;

/**
 * The tests that need Schannel, in Windows' node.
 * @param {{ double?: { seed: number } }} options `double`: on the double instead of the Schannel that is there
 */
export async function runLive(files, { windows, version, env, double, ...options }) {
  // Runs side by side must not meet in one certificate store.
  const prefix = await windows.clonePrefix(`node-${version}${double ? `-double-${double.seed}` : ''}`);
  const nodeOptions = double ? `${QUICK_START} --require ${PRELOAD}` : QUICK_START;
  const onRig = {
    ...(windows.rig === null ? {} : { NODE_OPTIONS: nodeOptions }),
    ...(double ? { SCHANNEL_DOUBLE_SEED: String(double.seed) } : {}),
  };
  const start = (args) =>
    windows.spawn(windows.node(version), args, {
      stdin: 'ignore',
      env: { ...process.env, ...onRig, ...env },
      prefix,
    });
  return runMocha(files, { ...options, ...(double ? { hooks: PRELOAD } : {}), start });
}
