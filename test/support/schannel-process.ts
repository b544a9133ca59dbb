import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';

const MAIN = join(dirname(require.resolve('schannel')), 'cli', 'main.js');

export interface ProcessOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command as a separate process without a terminal. */
export async function schannel(
  args: readonly string[],
  { stdin = '', env = {}, cwd }: { stdin?: string; env?: Record<string, string>; cwd?: string } = {},
): Promise<ProcessOutcome> {
  const child = startSchannel(args, { env, ...(cwd === undefined ? {} : { cwd }) });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  child.stdin.on('error', () => undefined); // most commands do not read it
  child.stdin.end(stdin);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}

/** Starts the command, for one that runs on. */
export const startSchannel = (
  args: readonly string[],
  { env = {}, cwd }: { env?: Record<string, string>; cwd?: string } = {},
): ChildProcessWithoutNullStreams =>
  spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, SCHANNEL_PASSWORD: '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd,
  });
