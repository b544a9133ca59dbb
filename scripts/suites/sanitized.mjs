import { spawn } from 'node:child_process';
import path from 'node:path';
import { SANITIZED_PROGRAMS } from '../steps/sanitized.mjs';
import { runProgram } from './native.mjs';

/** The add-on's core on the double, on this system, under AddressSanitizer and UndefinedBehaviorSanitizer. */
export async function runSanitized({ tally, grep }) {
  for (const { file, args } of SANITIZED_PROGRAMS) {
    const name = path.posix.basename(file);
    if (grep !== undefined && !name.includes(grep)) continue;
    const start = (program) => spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    await runProgram(name, file, tally, start);
  }
}
