import { runMocha } from './mocha.mjs';

/** Majors of the Windows nodes that are tested, the one that is tested first in front. */
export const NODE_VERSIONS = ['24', '20', '22', '26'];

/** The tests that need real Schannel, in Windows' node. */
export async function runLive(files, { windows, version, env, ...options }) {
  // Runs side by side must not meet in one certificate store.
  const prefix = await windows.clonePrefix(`node-${version}`);
  const start = (args) =>
    windows.spawn(windows.node(version), args, {
      stdin: 'ignore',
      env: { ...process.env, ...env },
      prefix,
    });
  return runMocha(files, { ...options, start });
}
