import { spawn } from 'node:child_process';
import { ROOT } from '../support/paths.mjs';
import { runMocha } from './mocha.mjs';

/** The tests that need no Windows, on the node that runs this. */
export function runUnit(files, { env, ...options }) {
  const start = (args) =>
    spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  return runMocha(files, { ...options, start });
}
