import { spawn } from 'node:child_process';
import { abortError } from '../../../base/errors/abort-error.js';
import { printable } from '../../../base/text/printable.js';

export interface RunOptions {
  /** Most milliseconds that it may take. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}

/** How much of what a program prints at last is kept for an error. */
const KEPT = 2000;

/**
 * Runs a program without a shell and without a window, and waits until it has ended with 0.
 *
 * @throws Error that says how it ended and what it printed at last; AbortError
 */
export function runProgram(
  file: string,
  args: readonly string[],
  { timeout, signal }: RunOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      shell: false,
      signal,
    });
    let isLate = false;
    // spawn() has an option for this, but its timer goes on if there is no such program.
    const timer = setTimeout(() => {
      isLate = true;
      child.kill();
    }, timeout);
    let printed = '';
    const keep = (text: string): void => {
      printed = (printed + text).slice(-KEPT);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(signal?.aborted === true ? abortError(signal.reason) : error);
    });
    child.once('close', (code, ended) => {
      clearTimeout(timer);
      const end = isLate ? 'it took too long' : (ended ?? `it ended with ${code ?? 'nothing'}`);
      if (code === 0) resolve();
      else reject(new Error(`${end}: ${printable(printed.trim())}`));
    });
  });
}
