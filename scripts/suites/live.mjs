import { PRELOAD, commandFor, environmentOf, nameOf, repeatable } from './double.mjs';
import { runMocha } from './mocha.mjs';
import { requiring } from '../support/node-options.mjs';
import { inRoot } from '../support/paths.mjs';

/** Majors of the Windows nodes that are tested, the one that is tested first in front. */
export const NODE_VERSIONS = ['24', '20', '22', '26'];

/**
 * Node asks for each module whether it is a link and whether it is there, and Wine takes long to answer: most of what a
 * program takes to start. There are no links among our modules. The name of the drive is the rig's.
 */
const QUICK_START = [
  '--preserve-symlinks',
  '--preserve-symlinks-main',
  requiring(`Z:${inRoot('scripts/suites/quick-start.cjs')}`),
].join(' ');

/** Has Windows' node of 32 bits load the add-on of 32 bits. */
const PRELOAD_IA32 = `Z:${inRoot('scripts/suites/ia32.cjs')}`;

/**
 * The tests that need Schannel, in Windows' node.
 * @param {{ double?: import('./double.mjs').World, arch?: string }} options `double`: on the double instead of the
 *   Schannel that is there; `arch`: of the node, on the rig
 */
export async function runLive(files, { double, tally, ...options }) {
  const start = await startLive({ ...options, double });
  if (double === undefined) return runMocha(files, { ...options, tally, start });
  const repeated = repeatable(tally, (test) => commandFor({ ...double, version: options.version }, test));
  return runMocha(files, { ...options, tally: repeated, hooks: PRELOAD, start });
}

/** Prepares separate stores and keys. @returns what starts Windows' node with these arguments */
export async function startLive({ windows, version, env, double, arch }) {
  // Runs side by side must not meet in one certificate store.
  const prefix = await windows.clonePrefix(`node-${version}${double ? `-${nameOf(double)}` : ''}`);
  const preloads = [...(arch === 'ia32' ? [PRELOAD_IA32] : []), ...(double ? [PRELOAD] : [])];
  const nodeOptions = [QUICK_START, requiring(...preloads)].join(' ');
  const onRig = {
    ...(windows.rig === null ? {} : { NODE_OPTIONS: nodeOptions }),
    ...(double ? environmentOf(double) : {}),
  };
  return (args) =>
    windows.spawn(windows.node(version), args, {
      stdin: 'ignore',
      env: { ...process.env, ...onRig, ...env },
      prefix,
    });
}
