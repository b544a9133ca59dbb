import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { lock } from './lock.mjs';

/**
 * Makes the directory `target` by `build(directory)`, unless it exists. It is built beside and renamed, so
 * that it is either whole or absent. Of several processes one builds and the others wait for it, however long that
 * takes.
 */
export async function buildOnce(target, build, { waiting = () => {} } = {}) {
  if (await exists(target)) return;
  await mkdir(dirname(target), { recursive: true });
  const unlock = await lockTelling(`${target}.lock`, waiting);
  try {
    if (await exists(target)) return;
    await removeLeftovers(target);
    const building = `${target}.building-${randomBytes(4).toString('hex')}`;
    try {
      await mkdir(building);
      await build(building);
      await rename(building, target);
    } finally {
      await rm(building, { recursive: true, force: true });
    }
  } finally {
    await unlock();
  }
}

async function lockTelling(file, waiting) {
  const unlock = await lock(file, { wait: false });
  if (unlock) return unlock;
  waiting();
  return lock(file);
}

/** What an owner left that was ended in the middle. */
async function removeLeftovers(target) {
  const prefix = `${basename(target)}.building-`;
  for (const name of await readdir(dirname(target))) {
    if (name.startsWith(prefix)) await rm(join(dirname(target), name), { recursive: true, force: true });
  }
}

const exists = (path) =>
  stat(path).then(
    () => true,
    () => false,
  );
