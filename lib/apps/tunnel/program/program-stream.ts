import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { Duplex, finished } from 'node:stream';
import type { CancelTimer, Clock } from '../../../base/async/clock.js';
import { programFailed, programKilled, programSaid } from '../errors.js';
import { tellComplaints } from './complaints.js';

export interface ProgramStreamOptions {
  readonly program: string;
  readonly clock: Clock;
  /** Milliseconds to end by itself after the connection is over; 0 for no limit. */
  readonly grace: number;
  readonly highWaterMark: number;
  /** Is told what it complains about, and how it failed. */
  readonly warn: (error: Error) => void;
  /** It does not run any more. */
  readonly exited: () => void;
}

/**
 * A program as one end of a connection: what is written is its standard input, and what is read is its standard output.
 * Each of them ends by itself. What it does not read, because it has ended or has closed its input, is dropped.
 */
export class ProgramStream extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #options: ProgramStreamOptions;
  #hasExited = false;
  #isKilled = false;
  #cancelKill: CancelTimer | null = null;

  /** @param child that has been started */
  constructor(child: ChildProcessWithoutNullStreams, options: ProgramStreamOptions) {
    super({ highWaterMark: options.highWaterMark });
    this.#child = child;
    this.#options = options;
    const { program, warn } = options;
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.stdout.on('end', () => this.push(null));
    child.stdout.on('error', (error) => this.destroy(error));
    tellComplaints(child.stderr, (line) => warn(programSaid(program, line)));
    // If it could not be killed.
    child.on('error', (error) => warn(programFailed(program, error.message)));
    child.on('exit', (code, signal) => this.#exited(code, signal));
  }

  /** Ends it at once. */
  kill(): void {
    if (this.#hasExited || this.#isKilled) return;
    this.#isKilled = true;
    this.#options.warn(programKilled(this.#options.program));
    this.#child.kill('SIGKILL');
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.#child.stdin.write(chunk, () => callback());
  }

  override _final(callback: () => void): void {
    // The callback of end() is never called if the program has ended before.
    finished(this.#child.stdin, { readable: false }, () => callback());
    this.#child.stdin.end();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    // It may want to do something about the end.
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
    const { clock, grace } = this.#options;
    if (!this.#hasExited && grace > 0) this.#cancelKill = clock.after(grace, () => this.kill());
    callback(error);
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    this.#hasExited = true;
    this.#cancelKill?.();
    // Another process may have inherited it.
    (this.#child.stderr as { readonly unref?: () => void }).unref?.();
    const { program, warn, exited } = this.#options;
    // Who is cut off may well complain.
    const isExpected = code === 0 || this.#isKilled || this.destroyed;
    if (!isExpected) warn(programFailed(program, signal ?? `exit code ${String(code)}`));
    exited();
  }
}
