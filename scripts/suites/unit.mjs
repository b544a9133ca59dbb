import { spawn } from 'node:child_process';
import { ROOT } from '../support/paths.mjs';
import { runMocha } from './mocha.mjs';

/** The tests that need no Windows, on the node that runs this. */
export const runUnit = (files, options) => runMocha(files, { ...options, start: startHere });

export const startHere = (args) =>
  spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
