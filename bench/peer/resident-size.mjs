import { setImmediate } from 'node:timers/promises';

/** The resident set once garbage, what finalizers free, and the heap's empty pages (from Node 22 on) are gone. */
export async function residentSize() {
  for (let pass = 0; pass < 4; pass++) {
    globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    await setImmediate();
  }
  return process.memoryUsage.rss();
}
