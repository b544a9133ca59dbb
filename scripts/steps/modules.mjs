import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { findProgram, inRoot, isWindows } from '../support/paths.mjs';
import { mustRun } from '../support/process.mjs';
import { Refusal } from '../support/refusal.mjs';

/** `npm ci`, unless node_modules already holds what the lock file asks for. */
export const installModules = (report) => install('.', report);

/** The libraries that only test/libraries runs. */
export const installLibraries = (report) => install('test/libraries', report, ['--ignore-scripts']);

async function install(folder, report, options = []) {
  if (matchesLockFile(folder)) return;
  report('installing dependencies');
  try {
    await npm(['ci', '--no-audit', '--no-fund', ...options], { cwd: inRoot(folder) });
  } catch (error) {
    if (!/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT/.test(error.message)) throw error;
    throw new Refusal(
      `The dependencies could not be fetched: no network, or the registry does not answer.\n${error.message}`,
      folder === '.' ? 'npm ci' : `npm ci --prefix ${folder}`,
    );
  }
}

/** Runs npm itself, not its `.cmd`: that one would need a shell on Windows. */
export function npm(args, options = {}) {
  const title = `npm ${args.join(' ')}`;
  const cli = process.env.npm_execpath ?? besideNode();
  if (cli !== null) return mustRun(process.execPath, [cli, ...args], { title, ...options });
  const program = findProgram('npm');
  if (program === null) throw new Refusal('npm was not found beside node.', 'https://nodejs.org/download');
  return mustRun(program, args, { title, ...options });
}

function besideNode() {
  const folder = path.dirname(process.execPath);
  const file = path.join(folder, isWindows ? '.' : '../lib', 'node_modules/npm/bin/npm-cli.js');
  return existsSync(file) ? file : null;
}

/** npm records what it installed in a lock file, so no mark of ours can disagree with it. */
function matchesLockFile(folder) {
  const wanted = packagesOf(`${folder}/package-lock.json`);
  const present = packagesOf(`${folder}/node_modules/.package-lock.json`);
  return Object.entries(wanted).every(
    ([name, entry]) => name === '' || entry.optional === true || present[name]?.version === entry.version,
  );
}

function packagesOf(file) {
  return existsSync(inRoot(file)) ? JSON.parse(readFileSync(inRoot(file), 'utf8')).packages : {};
}
