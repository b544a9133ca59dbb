import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { mustRun } from '../support/process.mjs';

/**
 * Runs a real server as a peer of tests, in the foreground and with everything it keeps in this process's folder. A
 * server has files, commands that prepare it, and the one that runs it.
 * @typedef {object} Setup
 * @property {Record<string, string>} [files] by name, below the folder
 * @property {string} [owner] the account that the folder and the key belong to
 * @property {readonly (readonly string[])[]} [prepare] commands
 * @property {readonly string[]} command
 * @property {Record<string, string>} [env] of the command, beside that of this process
 * @property {string} [ready] what it prints when it is ready, if its ports answer before
 *
 * Prints "ready" once all its ports answer, and ends with the server.
 * @param {Setup} setup
 * @param {readonly string[]} ports
 */
export async function runServer({ files = {}, owner, prepare = [], command, env, ready = '' }, ports) {
  const dir = process.cwd();
  // The processes of a server that have given up their rights look for its files.
  chmodSync(dir, 0o755);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(`${dir}/${file}`), { recursive: true });
    writeFileSync(`${dir}/${file}`, content);
  }
  if (owner !== undefined) await mustRun('chown', ['-R', owner, dir]);
  for (const [program, ...args] of prepare) await mustRun(program, args, { cwd: dir });

  const [program, ...args] = command;
  const server = spawn(program, args, {
    cwd: dir,
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, ...env },
  });
  server.once('exit', (code) => process.exit(code ?? 1));
  let printed = '';
  const isReady = new Promise((resolve) => {
    server.stderr.on('data', (chunk) => {
      process.stderr.write(chunk);
      printed += chunk;
      if (printed.includes(ready)) resolve();
    });
  });
  for (const port of ports) while (!(await answers(port))) await setTimeout(20);
  if (ready !== '') await isReady;
  // The server prints to the same stream, and may have stopped in the middle of a line.
  console.log('\nready');
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
