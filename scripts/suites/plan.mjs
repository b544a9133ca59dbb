import path from 'node:path';
import { listFiles } from '../support/fingerprint.mjs';
import { ROOT, isWindows } from '../support/paths.mjs';
import { Refusal } from '../support/refusal.mjs';
import { runHere } from './here.mjs';
import { runLint } from './lint.mjs';
import { NODE_VERSIONS, runLive } from './live.mjs';
import { runNative } from './native.mjs';

/** In the order in which they run: what fails fast and explains most comes first. */
export const SUITES = ['lint', 'native', 'unit', 'rig', 'live'];

const RUNNING = process.versions.node.split('.')[0];

/**
 * @typedef {object} Suite
 * @property {string} title
 * @property {('compiled' | 'native')[]} needs what has to be built for it
 * @property {string[]} nodes versions of Windows' node it runs on, by their major number
 * @property {boolean} [isParallel] whether it may run beside another such suite
 * @property {(context: object) => Promise<void>} run
 */

/**
 * @param {{ suite?: string[], node?: string[], files: string[] }} options
 * @returns {Suite[]}
 */
export function planSuites({ suite = SUITES, node = isWindows ? [RUNNING] : NODE_VERSIONS, files }) {
  const unknown = suite.find((name) => !SUITES.includes(name));
  if (unknown !== undefined) throw new Refusal(`There is no suite ${unknown}, only ${SUITES.join(', ')}.`);
  const versions = isWindows ? [RUNNING] : NODE_VERSIONS;
  const strange = node.find((version) => !versions.includes(version));
  if (strange !== undefined) throw new Refusal(`There is no node ${strange}, only ${versions.join(', ')}.`);
  const isChosen = filterBy(files);
  const plans = {
    lint: () => ({ title: 'lint', needs: ['compiled'], nodes: [], run: runLint }),
    native: () => ({ title: 'native', needs: ['native'], nodes: node.slice(0, 1), run: runNative }),
    unit: () =>
      ofFiles('unit', [...scriptTests('scripts'), ...compiledTests('unit')], runHere, {
        needs: ['compiled'],
      }),
    rig: () => (isWindows ? [] : ofFiles('rig', scriptTests('rig'), runHere, {})),
    live: () => node.map((version) => live(version, version === node[0])),
  };
  const live = (version, isFirst) =>
    ofFiles(
      `live (node ${version})`,
      // Whoever names files wants them on every node.
      compiledTests('live').filter((file) => isFirst || files.length > 0 || !isForOneNode(file)),
      (chosen, context) => runLive(chosen, { version, ...context }),
      {
        isParallel: true,
        needs: ['compiled', 'native'],
        nodes: [version],
      },
    );
  /** A suite of test files; without a choice of files it stays even if it has none, and fails. */
  const ofFiles = (title, all, run, { isParallel = false, needs = [], nodes = [] }) => {
    const chosen = all.filter(isChosen);
    const isWanted = chosen.length > 0 || files.length === 0;
    return isWanted ? { title, isParallel, needs, nodes, run: (context) => run(chosen, context) } : [];
  };
  const names = files.length === 0 ? SUITES : SUITES.filter((name) => !['lint', 'native'].includes(name));
  const suites = names
    .filter((name) => suite.includes(name))
    .flatMap((name) => plans[name]())
    .flat();
  if (suites.length === 0) throw new Refusal(`No test file matches ${files.join(' ')}.`);
  return suites;
}

/**
 * Tests that start a process for each step take a minute and a half, and find the same on every node: they run on the first
 * of those that are asked for.
 */
const FOR_ONE_NODE = ['bench-smoke.test.js', 'cli/cert.test.js', 'doctor/doctor.test.js'];

const isForOneNode = (file) => FOR_ONE_NODE.some((name) => file === `dist-test/live/${name}`);

const scriptTests = (folder) => listFiles([`test/${folder}`], /\.test\.mjs$/);

/** The JavaScript of each test file: it need not exist yet. */
const compiledTests = (folder) =>
  listFiles([`test/${folder}`], /\.test\.ts$/).map((file) =>
    file.replace(/^test\//, 'dist-test/').replace(/\.ts$/, '.js'),
  );

/** Files are named by their source, by their output, or by a folder around them. */
function filterBy(names) {
  const wanted = names.map((name) =>
    path
      .relative(ROOT, path.resolve(name))
      .replaceAll(path.sep, '/')
      .replace(/^test\/(?!rig\b|scripts\b)/, 'dist-test/')
      .replace(/\.ts$/, '.js'),
  );
  return (file) => wanted.length === 0 || wanted.some((name) => file === name || file.startsWith(`${name}/`));
}
