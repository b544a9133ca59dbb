import { spawn } from 'node:child_process';
import { ROOT } from './paths.mjs';
import { StepFailure } from './refusal.mjs';

/**
 * Runs a program to its end.
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void, stdio?: any[] }} [options]
 *   `onLine` sees each line of both streams as it comes
 * @returns {Promise<{ code: number | null, signal: string | null, output: string, stdout: string }>}
 */
export function execute(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const { cwd = ROOT, env = process.env, onLine, stdio = ['ignore', 'pipe', 'pipe'] } = options;
    const child = spawn(program, args, { cwd, env, stdio, windowsHide: true });
    let output = '';
    let stdout = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      output += text;
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => (output += text));
    if (onLine) for (const stream of child.stdio.slice(1)) if (stream?.readable) eachLine(stream, onLine);
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, output, stdout }));
  });
}

/**
 * The same, for programs that must succeed.
 * @throws {StepFailure} with the last lines of the program's output
 */
export async function mustRun(program, args, options = {}) {
  const result = await execute(program, args, options);
  if (result.code === 0) return result;
  const end = result.code === null ? `was ended by ${result.signal}` : `ended with code ${result.code}`;
  const tail = result.output.trimEnd().split('\n').slice(-40).join('\n');
  throw new StepFailure(`${options.title ?? [program, ...args].join(' ')} ${end}\n${tail}`);
}

/** Calls `onLine` for each line of a readable stream, the last one too if it lacks its newline. */
export function eachLine(stream, onLine) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream.once('end', () => {
    if (rest !== '') onLine(rest);
  });
}
