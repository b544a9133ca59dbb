import { execFile } from 'node:child_process';
import path from 'node:path';

export interface ChildResult {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The compiled program of this name in test/fixtures. */
export const fixture = (name: string): string => path.join(__dirname, '..', 'fixtures', `${name}.js`);

/** Runs a fixture in a node of its own, to its end or to a limit, when the code is null. */
export function runFixture(name: string, args: readonly string[] = []): Promise<ChildResult> {
  return new Promise((resolve) => {
    execFile(process.execPath, [fixture(name), ...args], { timeout: 10_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? null), stdout, stderr });
    });
  });
}
