import { spawn } from 'node:child_process';
import { ROOT } from '../support/paths.mjs';
import { runMocha } from './mocha.mjs';

/** Tests that run on the node that runs this: of what needs no Windows, and of the rig itself. */
export function runHere(files, { env, ...options }) {
  const start = (args) =>
    spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  return runMocha(files, { ...options, start });
}
