import { execFile } from 'node:child_process';
import path from 'node:path';
import { PATIENCE } from './patience.js';

export interface ChildResult {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The compiled program of this name in test/fixtures. */
export const fixture = (name: string): string => path.join(__dirname, '..', 'fixtures', `${name}.js`);

export interface ChildOptions {
  readonly args?: readonly string[];
  /** Of node itself. */
  readonly flags?: readonly string[];
  /** Beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a fixture in a separate node until it ends. After the time limit the code is null. */
export function runFixture(name: string, options: ChildOptions = {}): Promise<ChildResult> {
  const { args = [], flags = [], env = {} } = options;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...flags, fixture(name), ...args],
      { timeout: PATIENCE, env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : (error.code ?? null), stdout, stderr });
      },
    );
  });
}
