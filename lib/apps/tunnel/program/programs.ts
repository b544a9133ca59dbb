import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Clock } from '../../../base/async/clock.js';
import type { ProgramAddress } from '../endpoint.js';
import { environmentOf, type ProgramClient } from './environment.js';
import { ProgramStream } from './program-stream.js';

interface ProgramsOptions {
  readonly clock: Clock;
  readonly warn: (error: Error) => void;
  /** One of them does not run any more. */
  readonly exited: () => void;
}

export interface StartOptions {
  readonly client: ProgramClient;
  /** As in {@link ProgramStream}. */
  readonly grace: number;
  readonly highWaterMark: number;
}

/** The programs that a tunnel has started and that still run. */
export class Programs {
  readonly #options: ProgramsOptions;
  readonly #running = new Set<ProgramStream>();
  #isOver = false;

  constructor(options: ProgramsOptions) {
    this.#options = options;
  }

  /** How many there are. */
  get running(): number {
    return this.#running.size;
  }

  /** How many of them have lost their connection, and have not ended yet. */
  get leaving(): number {
    return [...this.#running].filter(({ destroyed }) => destroyed).length;
  }

  /** No shell reads the arguments. @throws why it can't be started */
  async start(
    { program, args, argv0, env }: ProgramAddress,
    { client, grace, highWaterMark }: StartOptions,
  ): Promise<ProgramStream> {
    const child: ChildProcessWithoutNullStreams = spawn(program, args, {
      env: environmentOf(process.env, env, client),
      windowsHide: true,
      ...(argv0 !== null && { argv0 }),
    });
    // Rejects with the error of the start.
    await once(child, 'spawn');
    const { clock, warn, exited } = this.#options;
    const stream = new ProgramStream(child, {
      ...{ program, clock, grace, highWaterMark, warn },
      exited: () => {
        this.#running.delete(stream);
        exited();
      },
    });
    this.#running.add(stream);
    if (this.#isOver) stream.kill();
    return stream;
  }

  /** Ends all at once, and those that are about to start. */
  kill(): void {
    this.#isOver = true;
    for (const program of [...this.#running]) program.kill();
  }
}
