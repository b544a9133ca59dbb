import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { library } from '#lib/cli/library.js';
import { run } from '#lib/cli/program.js';
import { capturedIO } from './captured-io.js';

const MAIN = join(dirname(require.resolve('schannel')), 'cli', 'main.js');

export interface ProcessOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandPlace {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/**
 * Runs the command in this process, without a terminal, as its program would: where the subject is what it does and not
 * that it is a process, which takes half a second to start.
 */
export async function schannelHere(
  args: readonly string[],
  { stdin = '', env = {}, cwd = process.cwd() }: CommandPlace = {},
): Promise<ProcessOutcome> {
  const io = capturedIO({
    stdin: Readable.from([stdin]),
    env: { ...(process.env as Record<string, string>), SCHANNEL_PASSWORD: '', ...env },
  });
  const before = process.cwd();
  process.chdir(cwd);
  try {
    const code = await run(args, '1.2.3', library, io);
    return { code, stdout: io.output(), stderr: io.errors() };
  } finally {
    process.chdir(before);
  }
}

/** Runs the command as a separate process without a terminal. */
export async function schannel(
  args: readonly string[],
  { stdin = '', env = {}, cwd }: CommandPlace = {},
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
