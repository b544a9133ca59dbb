import { randomBytes } from 'node:crypto';
import { cp, mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.mjs';
import { wineEnvironment } from './environment.mjs';
import { lock } from './lock.mjs';

/**
 * A private copy of the prefix `template`: own registry, so own certificate stores, key containers and
 * caches. The DLLs are hard links; the registry files must not be, since Wine writes them in place.
 */
export async function copyPrefix(template, target) {
  await command('cp', ['-al', template, target]);
  for (const name of await readdir(target)) {
    if (!name.endsWith('.reg')) continue;
    await rm(join(target, name));
    await cp(join(template, name), join(target, name));
  }
  // Names the directory of the template's server, should one run.
  await rm(join(target, 'wineserver'), { force: true });
}

/**
 * Makes a copy of a rig's template. Its lock says that it is in use. When the owner ends, for any
 * reason, the next call of this function removes the copy.
 * @returns {Promise<{ prefix: string, remove: () => Promise<void> }>}
 */
export async function clonePrefix(wine, name) {
  const directory = join(wine, 'prefixes');
  await mkdir(directory, { recursive: true });
  const prefix = join(directory, `${name}-${randomBytes(6).toString('hex')}`);
  // One at a time: otherwise a new lock could be taken for an orphan's before it is held.
  const endTurn = await lock(lockOf(directory));
  await removeOrphans(wine, directory);
  const unlock = await lock(lockOf(prefix));
  await endTurn();
  await copyPrefix(join(wine, 'template'), prefix);
  const remove = async () => {
    await removePrefix(wine, prefix);
    await rm(lockOf(prefix), { force: true });
    await unlock();
  };
  return { prefix, remove };
}

const LOCK = '.lock';
const lockOf = (prefix) => `${prefix}${LOCK}`;

/** Ends the server of a prefix, with all programs in it, and removes both. */
async function removePrefix(wine, prefix) {
  const name = await readFile(join(prefix, 'wineserver'), 'utf8').catch(() => '');
  const env = wineEnvironment({ wine, prefix });
  if (name) await command(env.WINESERVER, ['-k'], { env }).catch(() => {}); // fails when none runs
  if (/^wine-\w+$/.test(name.trim())) await rm(join('/tmp', name.trim()), { recursive: true, force: true });
  await rm(prefix, { recursive: true, force: true });
}

/** Copies whose owner is gone: it was killed before it could remove them. */
async function removeOrphans(wine, directory) {
  for (const name of await readdir(directory)) {
    if (!name.endsWith(LOCK)) continue;
    const file = join(directory, name);
    const unlock = await lock(file, { wait: false });
    if (unlock === null) continue;
    await removePrefix(wine, file.slice(0, -LOCK.length));
    await rm(file, { force: true });
    await unlock();
  }
}
