import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import * as net from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { peers } from './programs.mjs';

const script = fileURLToPath(new URL('./peer/tunnel.mjs', import.meta.url));

/**
 * Two tunnels in a separate process.
 *
 * @typedef {object} MeasuredTunnel
 * @property {{ out: number, in: number }} ports `out` goes on over TLS, and `in` takes TLS
 * @property {() => Promise<number>} bytes how large the process is
 * @property {() => unknown} close
 */

/**
 * @param {'ours' | 'node' | 'stunnel'} name
 * @param {import('./peer/tunnel.mjs').Task} task
 * @returns {Promise<MeasuredTunnel>}
 */
export const startTunnel = (name, task) =>
  name === 'stunnel' ? startStunnel(task) : startOfNode(name, task);

async function startOfNode(name, task) {
  const child = fork(script, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: ['--expose-gc'] });
  const answer = async () => {
    const ended = new AbortController();
    const { signal } = ended;
    const exit = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`the tunnel that is measured ended with code ${code}`);
    });
    const [message] = await Promise.race([once(child, 'message'), exit]);
    exit.catch(() => undefined);
    ended.abort();
    return message;
  };
  child.send({ name, task });
  const { ports } = await answer();
  return {
    ports,
    bytes: async () => {
      child.send('bytes');
      return (await answer()).bytes;
    },
    close: () => child.disconnect(),
  };
}

async function startStunnel({ ca, cert, key, tlsPort, plainPort }) {
  const { startPeer } = await peers();
  const pidFile = `/tmp/schannel-bench-${randomUUID()}`;
  const conf = [
    ...['foreground = yes', `pid = ${pidFile}`, 'debug = err'],
    ...['[out]', 'client = yes', 'accept = 127.0.0.1:{port:out}', `connect = 127.0.0.1:${tlsPort}`],
    ...['CAfile = {dir}/ca.pem', 'verifyChain = yes', 'checkHost = localhost'],
    ...[
      '[in]',
      'accept = 127.0.0.1:{port:in}',
      `connect = 127.0.0.1:${plainPort}`,
      'cert = {dir}/both.pem',
      '',
    ],
  ];
  const peer = await startPeer('stunnel', ['{file:stunnel.conf}'], {
    files: { 'stunnel.conf': conf.join('\n'), 'ca.pem': ca, 'both.pem': `${key}\n${cert}` },
  });
  for (const port of Object.values(peer.ports)) while (!(await answers(port))) await setTimeout(20);
  // The drive of the rig that has the whole machine. The file comes after the ports.
  const id = () => Number(existsSync(`Z:${pidFile}`) && readFileSync(`Z:${pidFile}`, 'utf8'));
  while (id() === 0) await setTimeout(20);
  return {
    ports: { out: peer.ports.out, in: peer.ports.in },
    // proc_pid_statm(5): the second number counts pages in memory.
    bytes: () => Promise.resolve(Number(readFileSync(`Z:/proc/${id()}/statm`, 'utf8').split(' ')[1]) * 4096),
    close: async () => {
      await peer.stop();
      rmSync(`Z:${pidFile}`, { force: true });
    },
  };
}

const answers = (port) =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
