import { runMocha } from './mocha.mjs';

/** Majors of the Windows nodes that are tested, the one that is tested first in front. */
export const NODE_VERSIONS = ['24', '20', '22', '26'];

/**
 * Node asks for each module whether it is a link, and Wine takes a millisecond of the processor to answer: most of
 * what a program takes to start. There are no links among our modules.
 */
const QUICK_START = '--preserve-symlinks --preserve-symlinks-main';

/** The tests that need real Schannel, in Windows' node. */
export async function runLive(files, { windows, version, env, ...options }) {
  // Runs side by side must not meet in one certificate store.
  const prefix = await windows.clonePrefix(`node-${version}`);
  const onRig = windows.rig === null ? {} : { NODE_OPTIONS: QUICK_START };
  const start = (args) =>
    windows.spawn(windows.node(version), args, {
      stdin: 'ignore',
      env: { ...process.env, ...onRig, ...env },
      prefix,
    });
  return runMocha(files, { ...options, start });
}
