/** How long what is left in the streams may take, in milliseconds, once nobody of the group is there to write more. */
const DRAIN_MS = 5_000;

/** Sends a signal to a program that leads a group, and to all that it has started and that is still in the group. */
export function signalGroup(child, signal = 'SIGKILL') {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/**
 * The end of a program that leads a group: the others in its group end with it, since one that holds its streams would
 * keep them open. One that has left the group may hold them still: then they are closed here.
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} [drainMs]
 * @returns {Promise<{ code: number | null, signal: string | null }>} after everything that was written has been read
 */
export function endOfGroup(child, drainMs = DRAIN_MS) {
  return new Promise((resolve) => {
    let timer;
    child.once('exit', () => {
      signalGroup(child);
      timer = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, drainMs);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal });
    });
  });
}
