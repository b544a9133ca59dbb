import os from 'node:os';
import { endOf } from '../suites/ending.mjs';

/**
 * Runs a Windows program in place of this one: standard streams, exit code and signals pass through.
 * @returns {Promise<number>} the exit code
 */
export async function passThrough(windows, program, args, options = {}) {
  const child = windows.spawn(program, args, {
    ...options,
    stdin: 'inherit',
    stdout: 'inherit',
    stderr: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const { code, signal, crashed, how } = await endOf(child);
  if (crashed) console.error(how);
  await windows.close();
  // As a shell has it; a Windows code above 255 can't pass through a Unix process.
  if (code === null) return 128 + (os.constants.signals[signal] ?? 0);
  return code > 255 ? 255 : code;
}
