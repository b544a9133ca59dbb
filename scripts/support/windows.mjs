import { spawn } from 'node:child_process';
import { ensureNode, ensureRig, nodeVersionIa32, nodeVersions } from '../rig/index.mjs';
import { ROOT, isWindows } from './paths.mjs';
import { Refusal } from './refusal.mjs';

/**
 * Windows, wherever it is: this machine, or the rig on Linux.
 * @typedef {object} Windows
 * @property {import('../rig/rig.mjs').Rig | null} rig null on Windows itself
 * @property {string[]} versions of the nodes that can be run
 * @property {(version: string) => string} node path of the node.exe of one of them
 * @property {(program: string, args: string[], options?: object) => import('node:child_process').ChildProcess} spawn
 *   standard streams as in `stdin`, `stdout`, `stderr` of the options, 'pipe' unless told otherwise
 * @property {(name: string) => Promise<string | undefined>} clonePrefix separate stores and keys, for the option
 *   `prefix` of spawn; a real Windows has only one
 * @property {() => Promise<void>} close
 */

/**
 * @param {string[]} wanted versions of node, by their major number
 * @param {import('./progress.mjs').Progress} progress
 * @param {'x64' | 'ia32'} [arch] of the nodes, on the rig
 * @returns {Promise<Windows>}
 */
export function openWindows(wanted, progress, arch = 'x64') {
  return isWindows ? here() : onRig(wanted, progress, arch);
}

async function here() {
  return {
    rig: null,
    versions: [process.versions.node],
    node: () => process.execPath,
    spawn: (program, args, options = {}) => {
      const { stdin = 'pipe', stdout = 'pipe', stderr = 'pipe', cwd = ROOT, env = process.env } = options;
      return spawn(program, args, { cwd, env, stdio: [stdin, stdout, stderr], windowsHide: true });
    },
    clonePrefix: async () => undefined,
    close: async () => undefined,
  };
}

async function onRig(wanted, progress, arch) {
  const fullVersion = (version) => fullVersionOf(version, arch === 'ia32' ? [nodeVersionIa32] : nodeVersions);
  const versions = wanted.map(fullVersion);
  const [rig, ...nodes] = await Promise.all([
    progress.track('rig', (report) => ensureRig({ report, arch })),
    ...versions.map((version) =>
      progress.track(`Windows node ${version}`, (report) =>
        ensureNode(version, { arch, report: (_, fraction, detail) => report('', fraction, detail) }),
      ),
    ),
  ]);
  const paths = new Map(versions.map((version, at) => [version, nodes[at]]));
  return {
    rig,
    versions,
    node: (version) => paths.get(fullVersion(version)),
    spawn: (program, args, options = {}) => rig.spawn(program, args, { cwd: ROOT, ...options }),
    clonePrefix: (name) => rig.clonePrefix(name),
    close: () => rig.close(),
  };
}

function fullVersionOf(version, versions) {
  const full = versions.find((known) => known === version || known.split('.')[0] === version);
  if (full === undefined) throw new Refusal(`Node ${version} is not one of ${versions.join(', ')}.`);
  return full;
}
