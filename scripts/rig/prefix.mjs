import { cp, mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { command } from './command.mjs';
import { wineEnvironment } from './environment.mjs';

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

let copies = 0;

/** Makes a copy of a rig's template, under a name that says whose it is. */
export async function clonePrefix(wine, name) {
  const directory = join(wine, 'clones');
  await mkdir(directory, { recursive: true });
  await removeOrphans(wine, directory);
  const target = join(directory, [name, copies++, process.pid, hostname()].join('@'));
  await removePrefix(wine, target);
  await copyPrefix(join(wine, 'template'), target);
  return target;
}

/** Ends the server of a prefix, with all programs in it, and removes both. */
export async function removePrefix(wine, prefix) {
  const name = await readFile(join(prefix, 'wineserver'), 'utf8').catch(() => '');
  const env = wineEnvironment({ wine, prefix });
  if (name) await command(env.WINESERVER, ['-k'], { env }).catch(() => {}); // fails when none runs
  if (/^wine-\w+$/.test(name.trim())) await rm(join('/tmp', name.trim()), { recursive: true, force: true });
  await rm(prefix, { recursive: true, force: true });
}

/** Copies whose process, on this host, is gone: it was killed before it could remove them. */
async function removeOrphans(wine, directory) {
  for (const name of await readdir(directory)) {
    const [, , pid, host] = name.split('@');
    if (host === hostname() && !isAlive(Number(pid))) await removePrefix(wine, join(directory, name));
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
