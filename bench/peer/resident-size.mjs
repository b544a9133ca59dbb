import { setImmediate } from 'node:timers/promises';

/** The resident set without garbage, memory that finalizers free, and (from Node 22 on) empty pages of the heap. */
export async function residentSize() {
  for (let pass = 0; pass < 4; pass++) {
    globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    await setImmediate();
  }
  return process.memoryUsage.rss();
}
