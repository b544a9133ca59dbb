import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const HEARTBEAT_MS = 2000;
const STALE_MS = 15000;

/**
 * Makes the directory `target` by `build(directory)`, unless it exists. It is built beside and renamed, so
 * that it is either whole or absent. Of several processes one builds and the others wait for it.
 *
 * A lock is a file that its owner touches every two seconds: no process ids, which mean nothing across
 * containers. Should a lock be taken from an owner that merely slept, both build and the first rename wins.
 */
export async function buildOnce(target, build, { waiting = () => {} } = {}) {
  if (await exists(target)) return;
  await mkdir(dirname(target), { recursive: true });
  const unlock = await lock(`${target}.lock`, waiting);
  try {
    if (await exists(target)) return;
    await removeLeftovers(target);
    const building = `${target}.building-${randomBytes(4).toString('hex')}`;
    try {
      await mkdir(building);
      await build(building);
      await rename(building, target).catch((error) => {
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      });
    } finally {
      await rm(building, { recursive: true, force: true });
    }
  } finally {
    await unlock();
  }
}

async function lock(file, waiting) {
  for (let told = false; ;) {
    const handle = await open(file, 'wx').catch((error) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (handle) {
      await handle.close();
      const touch = () => utimes(file, new Date(), new Date()).catch(() => {});
      const heartbeat = setInterval(touch, HEARTBEAT_MS).unref();
      return async () => {
        clearInterval(heartbeat);
        await rm(file, { force: true });
      };
    }
    const touched = await stat(file).then(
      (info) => info.mtimeMs,
      () => Date.now(),
    );
    if (Date.now() - touched > STALE_MS) {
      await rm(file, { force: true });
      continue;
    }
    if (!told) waiting();
    told = true;
    await delay(200);
  }
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
