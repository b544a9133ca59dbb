/**
 * Starts real Linux peers for tests that run inside Windows node, which reaches them over loopback TCP.
 *
 * One connection is one peer and its life: the peer is killed when the connection closes, so neither a crashed
 * test nor a killed run leaves a server behind. Both sides speak JSON, one object a line:
 *
 *   → { token, program, args, files }      or { token, program, ask: true }
 *   ← { type: 'started', ports } | { type: 'unavailable', reason } | { type: 'available' }
 *   → { type: 'stdin', data } | { type: 'stdin-end' } | { type: 'signal', signal }
 *   ← { type: 'stdout' | 'stderr', data } | { type: 'exit', code, signal }      data is base64
 *
 * In arguments and files `{port}` and `{port:NAME}` stand for free ports, `{file:NAME}` for the path of a file
 * and `{dir}` for the peer's own folder.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { eachLine } from '../support/process.mjs';
import { endOfGroup, signalGroup } from './ending.mjs';
import { keepPorts } from './ports.mjs';
import { commandOf, whyUnavailable } from './programs.mjs';

/**
 * @returns {Promise<{ address: string, close(): Promise<void> }>} `address` is for SCHANNEL_PEERS; its token
 *   keeps other users of the machine from starting programs as this one
 */
export async function startPeerHost() {
  const token = randomBytes(16).toString('hex');
  const open = new Set();
  const server = net.createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    serve(socket, token);
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  server.unref();
  return {
    address: `127.0.0.1:${server.address().port}/${token}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

function serve(socket, token) {
  const send = (message) => socket.writable && socket.write(`${JSON.stringify(message)}\n`);
  let peer = null;
  let closed = false;
  socket.on('error', () => undefined);
  socket.once('close', () => {
    closed = true;
    peer?.kill();
  });
  eachLine(socket, (line) => {
    const message = JSON.parse(line);
    if (peer !== null) return peer.command(message);
    if (message.token !== token) return socket.destroy();
    const reason = whyUnavailable(message.program);
    if (reason !== null) return send({ type: 'unavailable', reason });
    if (message.ask) return send({ type: 'available' });
    peer = { kill: () => undefined, command: () => undefined };
    startPeer(message, send).then(
      (started) => {
        peer = started;
        if (closed) peer.kill();
      },
      (error) => send({ type: 'unavailable', reason: String(error) }),
    );
    return undefined;
  });
}

async function startPeer({ program, args, files = {} }, send) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'schannel-peer-'));
  const { ports, release } = await portsFor(JSON.stringify([args, files]));
  const fill = (text) =>
    text
      .replace(/\{port(?::(\w+))?\}/g, (_, name = '') => String(ports[name]))
      .replace(/\{file:([\w.-]+)\}/g, (_, name) => path.join(folder, name))
      .replaceAll('{dir}', folder);
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, path.basename(name));
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, fill(content));
    chmodSync(file, 0o600);
  }
  // The kernel kills the peer should this process be killed; a separate group, so that a server's children end too.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...commandOf(program), ...args.map(fill)], {
    cwd: folder,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const kill = (signal) => signalGroup(child, signal);
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (chunk) => send({ type: 'stdout', data: chunk.toString('base64') }));
  child.stderr.on('data', (chunk) => send({ type: 'stderr', data: chunk.toString('base64') }));
  endOfGroup(child).then(({ code, signal }) => {
    release();
    send({ type: 'exit', code, signal });
    rmSync(folder, { recursive: true, force: true });
  });
  await new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  send({ type: 'started', ports });
  return { kill, command: (message) => obey(child, kill, message) };
}

function obey(child, kill, message) {
  switch (message.type) {
    case 'stdin':
      return child.stdin.write(Buffer.from(message.data, 'base64'));
    case 'stdin-end':
      return child.stdin.end();
    case 'signal':
      return kill(message.signal);
    default:
      throw new Error(`unknown message to a peer: ${message.type}`);
  }
}

/** Ports for all placeholders, by name. */
async function portsFor(text) {
  const names = [...new Set([...text.matchAll(/\{port(?::(\w+))?\}/g)].map((match) => match[1] ?? ''))];
  const { ports, release } = await keepPorts(names.length);
  return { ports: Object.fromEntries(names.map((name, at) => [name, ports[at]])), release };
}
