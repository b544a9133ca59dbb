import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ChildResult, fixture, runFixture } from '../../support/child.js';
import type { MaterialText } from '../../support/identity-material.js';

/** Processes that use temporary identities, all of the same material; test/fixtures/identity-user.ts. */
export class Users {
  readonly #folder: string;
  readonly #file: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#file = path.join(folder, 'material.json');
  }

  static async with(text: MaterialText): Promise<Users> {
    const users = new Users(await mkdtemp(path.join(tmpdir(), 'schannel-identity-')));
    writeFileSync(users.#file, JSON.stringify(text));
    return users;
  }

  /** Runs one to its end. */
  run(way: string, count = 1): Promise<ChildResult> {
    return runFixture('identity-user', { args: [way, this.#file, String(count)] });
  }

  /** Starts one, and waits until it has said a word. */
  start(way: string, count = 1): Promise<RunningUser> {
    const child = spawn(process.execPath, [fixture('identity-user'), way, this.#file, String(count)]);
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const kill = (): Promise<void> => {
      child.kill('SIGKILL');
      return ended;
    };
    return new Promise((resolve, reject) => {
      let complaint = '';
      child.stderr.on('data', (chunk: Buffer) => {
        complaint += chunk.toString();
      });
      child.stdout.once('data', () => resolve({ kill }));
      child.once('close', () => reject(new Error(`it ended without a word: ${complaint}`)));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}

export interface RunningUser {
  /** Ends it as TerminateProcess does: nothing of it runs any more. */
  kill(): Promise<void>;
}
