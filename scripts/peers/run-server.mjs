/**
 * A server with STARTTLS, or one in the clear, as a peer of tests: `peer.mjs NAME CERT KEY PORT…`, in its own folder.
 * Prints "ready" once all its ports answer.
 */
import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { mustRun } from '../support/process.mjs';
import { SERVERS } from './servers.mjs';

const [name, cert, key, ...ports] = process.argv.slice(2);
const dir = process.cwd();
// The processes of a server that have given up their rights look for its files.
chmodSync(dir, 0o755);
const { files = {}, owner, prepare = [], command, ready = '' } = SERVERS[name]({ dir, cert, key, ports });
for (const [file, content] of Object.entries(files)) writeFileSync(`${dir}/${file}`, content);
if (owner !== undefined) await mustRun('chown', ['-R', owner, dir]);
for (const [program, ...args] of prepare) await mustRun(program, args, { cwd: dir });

const [program, ...args] = command;
const server = spawn(program, args, { cwd: dir, stdio: ['ignore', 'inherit', 'pipe'] });
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
console.log('ready');

function answers(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
    socket.once('connect', () => socket.destroy());
  });
}
