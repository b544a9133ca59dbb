import { execFile } from 'node:child_process';
import path from 'node:path';

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
  /** Milliseconds; default 10,000. */
  readonly limit?: number;
}

/** Runs a fixture in a node of its own, to its end or to the limit, when the code is null. */
export function runFixture(name: string, options: ChildOptions = {}): Promise<ChildResult> {
  const { args = [], flags = [], env = {}, limit = 10_000 } = options;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...flags, fixture(name), ...args],
      { timeout: limit, env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : (error.code ?? null), stdout, stderr });
      },
    );
  });
}
