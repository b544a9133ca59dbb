import { readlinkSync } from 'node:fs';
import { open, readFile, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { SYSTEM_CLOCK, type Clock, pauseFor } from '../async/clock.js';
import { errorCode } from '../errors/error-code.js';
import { printable } from '../text/printable.js';

/** Who has a lock. */
export interface LockOwner {
  readonly pid: number;
  readonly host: string;
  /** Where its number counts: containers with one name number their processes separately. */
  readonly space: string;
  /** When it took the lock, in milliseconds since 1970. */
  readonly since: number;
}

/** What a lock asks of the system; another one in tests. */
export interface LockSystem {
  readonly clock: Clock;
  readonly host: string;
  readonly space: string;
  readonly pid: number;
  isRunning(pid: number): boolean;
  readonly unlink: (file: string) => Promise<void>;
}

export const LOCK_SYSTEM: LockSystem = {
  clock: SYSTEM_CLOCK,
  host: hostname(),
  space: processSpace(),
  pid: process.pid,
  isRunning(pid) {
    try {
      return process.kill(pid, 0);
    } catch (error) {
      // A process of another user is there too.
      return errorCode(error) === 'EPERM';
    }
  },
  unlink,
};

/** The space of process numbers on Linux ("pid_namespaces(7)"); '' where there is only one. */
function processSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

export interface LockOptions {
  /** The error if another process keeps the lock: 'process 7 on HULK', and the file of the lock. */
  readonly locked: (who: string, file: string) => Error;
  readonly system?: LockSystem;
}

/** Between two attempts. A change takes some milliseconds. */
const PAUSE_MS = 10;

/** How long to wait for others. A signature by a smart card may wait for a PIN. */
const PATIENCE_MS = 30_000;

/** After that, a lock without an owner is what is left of a process that was killed while it took the lock. */
const EMPTY_MS = 2000;

/** How often removing a lock is tried again. */
const MOST_RETRIES = 10;

/**
 * Runs a task while no other process has the lock of the folder. The lock is a file, since a folder may be on a share
 * or a stick. The lock of a process that has ended on this machine is taken over.
 *
 * @throws what {@link LockOptions.locked} returns
 */
export async function withLock<Value>(
  folder: string,
  task: () => Promise<Value>,
  { locked, system = LOCK_SYSTEM }: LockOptions,
): Promise<Value> {
  const file = path.join(folder, 'lock');
  const inUse: InUse = (owner, of) => locked(ownerText(owner), of);
  const deadline = system.clock.now() + PATIENCE_MS;
  while (!(await take(file, system))) {
    const owner = await ownerOf(file);
    if (await isGone(file, owner, system)) await takeOver(file, owner, system, inUse);
    else if (system.clock.now() >= deadline) throw inUse(owner, file);
    else await pauseFor(system.clock, PAUSE_MS).over;
  }
  try {
    return await task();
  } finally {
    await remove(file, system);
  }
}

/** Windows refuses for a moment if a virus scanner has the file open. */
async function remove(file: string, { clock, unlink: unlinkFile }: LockSystem): Promise<void> {
  for (let retries = 0; ; retries += 1) {
    try {
      await unlinkFile(file);
      return;
    } catch (error) {
      const code = errorCode(error);
      if (code === 'ENOENT') return;
      if (retries === MOST_RETRIES || !['EBUSY', 'EPERM', 'EACCES'].includes(code)) throw error;
    }
    await pauseFor(clock, PAUSE_MS).over;
  }
}

/** @returns whether it was free */
async function take(file: string, { host, space, pid, clock }: LockSystem): Promise<boolean> {
  let handle;
  try {
    handle = await open(file, 'wx', 0o600);
  } catch (error) {
    // Windows refuses while a deleted file is still open elsewhere.
    if (errorCode(error) === 'EEXIST' || errorCode(error) === 'EPERM') return false;
    throw error;
  }
  try {
    await handle.writeFile(JSON.stringify({ pid, host, space, since: clock.now() } satisfies LockOwner));
  } finally {
    await handle.close();
  }
  return true;
}

/** Null if there is no lock, or its owner has not written it yet. */
async function ownerOf(file: string): Promise<LockOwner | null> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isOwner(value) ? value : null;
  } catch {
    return null;
  }
}

const isOwner = (value: unknown): value is LockOwner =>
  typeof value === 'object' &&
  value !== null &&
  Number.isSafeInteger(Reflect.get(value, 'pid')) &&
  typeof Reflect.get(value, 'host') === 'string' &&
  typeof Reflect.get(value, 'space') === 'string' &&
  typeof Reflect.get(value, 'since') === 'number';

/**
 * Not by the age of the lock: a clock that is set makes the lock of a process at work look older than the machine's
 * start. If another process has the number by now, the user decides.
 */
async function isGone(file: string, owner: LockOwner | null, system: LockSystem): Promise<boolean> {
  if (owner === null) {
    const modified = await stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => Infinity,
    );
    return modified < system.clock.now() - EMPTY_MS;
  }
  if (owner.host !== system.host || owner.space !== system.space || owner.pid <= 0) return false;
  return !system.isRunning(owner.pid);
}

/**
 * Removes the lock of a process that is gone. Of several processes that find it, only the one that creates the second
 * file may do so: otherwise, a slow one could remove the lock that a quick one has taken since.
 */
async function takeOver(
  file: string,
  owner: LockOwner | null,
  system: LockSystem,
  inUse: InUse,
): Promise<void> {
  const guard = `${file}.takeover`;
  if (!(await take(guard, system))) {
    const other = await ownerOf(guard);
    if (await isGone(guard, other, system)) throw inUse(other, guard);
    await pauseFor(system.clock, PAUSE_MS).over;
    return;
  }
  try {
    const present = await ownerOf(file);
    const isSame = present?.pid === owner?.pid && present?.since === owner?.since;
    if (isSame) await unlink(file).catch(() => undefined);
  } finally {
    await remove(guard, system);
  }
}

type InUse = (owner: LockOwner | null, file: string) => Error;

const ownerText = (owner: LockOwner | null): string =>
  owner === null ? 'another process' : `process ${owner.pid} on ${printable(owner.host, 64)}`;
