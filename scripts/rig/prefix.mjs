import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { command } from './command.mjs';

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

/** Makes a copy in `directory` under a name that says whose it is. */
export async function clonePrefix(template, directory, name) {
  await mkdir(directory, { recursive: true });
  await removeOrphans(directory);
  const target = join(directory, `${name}.${copies++}.${process.pid}.${hostname()}`);
  await rm(target, { recursive: true, force: true });
  await copyPrefix(template, target);
  return target;
}

/** Copies whose process, on this host, is gone: it was killed before it could remove them. */
async function removeOrphans(directory) {
  for (const name of await readdir(directory)) {
    const [, pid, host] = /\.(\d+)\.([^/]+)$/.exec(name.replace(/^.*?\.\d+(?=\.\d+\.)/, '')) ?? [];
    if (host === hostname() && !isAlive(Number(pid)))
      await rm(join(directory, name), { recursive: true, force: true });
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
