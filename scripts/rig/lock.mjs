import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Holds the lock while its standard input is open, which is as long as the process that started it runs. */
const HOLD = 'exec 9> "$1" && flock "$2" 9 && echo locked && exec cat';

/**
 * Takes the lock of a file, which stays: the kernel's, so that it goes with its owner however that ends, holds for
 * processes in containers that share the file, and does not depend on anyone's clock.
 * @param {string} file
 * @param {{ wait?: boolean }} [options] whether to wait for another owner; default true
 * @returns {Promise<(() => Promise<void>) | null>} gives it back; null if another process has it and `wait` is false
 */
export async function lock(file, { wait = true } = {}) {
  const holder = spawn('sh', ['-c', HOLD, 'sh', file, wait ? '--exclusive' : '--nonblock'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true, // a terminal's Ctrl+C must not take it away before what it guards is tidied up
  });
  holder.stdin.on('error', () => {}); // it ends at once without the lock
  let complaint = '';
  holder.stderr.on('data', (text) => (complaint += text));
  const ended = once(holder, 'close');
  const isHeld = await Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!isHeld) {
    if (!wait && complaint === '') return null;
    throw new Error(`The lock of ${file} could not be taken: ${complaint.trim()}`);
  }
  // A forgotten lock must not keep the process alive.
  for (const part of [holder, holder.stdin, holder.stdout, holder.stderr]) part.unref();
  return async () => {
    for (const part of [holder, holder.stdout, holder.stderr]) part.ref();
    holder.stdin.end();
    await ended;
  };
}
