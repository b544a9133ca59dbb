import { spawn } from 'node:child_process';
import { abortError } from '../../../base/errors/abort-error.js';
import { printable } from '../../../base/text/printable.js';
import { programPath } from './program-path.js';

export interface RunOptions {
  /** Most milliseconds that it may take. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}

/** How much of what a program prints at last is kept for an error. */
const KEPT = 2000;
/** How long what a program has printed may still be on its way after its end, in milliseconds. */
const GRACE_MS = 500;

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
    const child = spawn(programPath(file), args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      shell: false,
      signal,
    });
    let isLate = false;
    let grace: NodeJS.Timeout | undefined;
    // spawn() has an option for this, but its timer goes on if there is no such program.
    const timer = setTimeout(() => {
      isLate = true;
      child.kill();
      finishSoon(null, null);
    }, timeout);
    let printed = '';
    const keep = (text: string): void => {
      printed = (printed + text).slice(-KEPT);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    const finish = (code: number | null, ended: string | null): void => {
      clearTimeout(timer);
      clearTimeout(grace);
      child.stdout.destroy();
      child.stderr.destroy();
      const end = isLate ? 'it took too long' : (ended ?? `it ended with ${code ?? 'nothing'}`);
      if (code === 0) resolve();
      else reject(new Error(`${end}: ${printable(printed.trim())}`));
    };
    const finishSoon = (code: number | null, ended: string | null): void => {
      clearTimeout(grace);
      grace = setTimeout(() => {
        finish(code, ended);
      }, GRACE_MS);
    };
    child.once('error', (error) => {
      clearTimeout(timer);
      clearTimeout(grace);
      reject(signal?.aborted === true ? abortError(signal.reason) : error);
    });
    // Programs that it has started may have its output, and go on: then it is never closed.
    child.once('exit', finishSoon);
    child.once('close', finish);
  });
}
