/**
 * Tunnels: this library's, a short one of node:tls, and Debian's stunnel if it is there. "Out" takes connections in the
 * clear and goes on over TLS; "in" takes TLS and goes on in the clear. The other ends are node:tls and net.
 */
import { once } from 'node:events';
import * as net from 'node:net';
import { performance } from 'node:perf_hooks';
import * as tls from 'node:tls';
import { assertProtocol, protocol } from '../contestants.mjs';
import { startTunnel } from '../measured-tunnel.mjs';
import { Task, encodeTask } from '../peer/protocol.mjs';
import { hasProgram } from '../programs.mjs';
import { download, nextTotal, upload } from './tcp.mjs';

const size = 64 * 1024;
const firstTotal = 256 * 1024;
const messageSize = 100;
const atOnce = 16;
/** Opened before memory is measured: libraries, pools and caches are not part of the cost of a connection. */
const warmUp = 32;
const sliceFactor = 3;

const directions = [
  { direction: 'out', title: 'out to TLS' },
  { direction: 'in', title: 'in from TLS' },
];

/** @param {import('../run.mjs').Bench} bench */
export async function run(bench) {
  const names = bench.clients.map(({ name }) => name);
  if (bench.stunnel && (await hasProgram('stunnel', '-version'))) names.push('stunnel');
  const { identity, peer } = bench;
  const task = { ...identity, tlsPort: peer.port, plainPort: peer.plainPort };
  /** By the names of their contestants. */
  const tunnels = new Map();
  try {
    await compareIdle(bench, names, task, tunnels);
    for (const { direction, title } of directions) {
      const open = (name) => connect(direction, tunnels.get(name).ports[direction], identity);
      await compareTransfer(
        bench,
        names,
        open,
        `tunnel.${direction}.download`,
        `${title}: download`,
        download,
      );
      await compareTransfer(bench, names, open, `tunnel.${direction}.upload`, `${title}: upload`, upload);
      await compareLatency(bench, names, open, `tunnel.${direction}`, title);
      await compareConnections(bench, names, open, `tunnel.${direction}`, title);
    }
  } finally {
    for (const tunnel of tunnels.values()) await tunnel.close();
  }
}

async function compareTransfer({ figures, rounds, sliceMs }, names, open, id, title, transfer) {
  const figure = figures.get(id, title, 'MB/s');
  const entries = names.map((name) => ({
    name,
    open: async () => ({ socket: await open(name), total: firstTotal }),
    async measure(state) {
      const { socket, total } = state;
      const start = performance.now();
      await transfer(socket, size, total);
      const seconds = (performance.now() - start) / 1000;
      state.total = nextTotal(total, seconds, (sliceFactor * sliceMs) / 1000);
      return total / 1e6 / seconds;
    },
    close: ({ socket }) => void socket.destroy(),
  }));
  await rounds(entries, (name, speed) => figure.add(name, speed));
}

/** Messages there and back, with and without the tunnel and its TLS. */
async function compareLatency({ figures, rounds, sliceMs, peer }, names, open, id, title) {
  const median = figures.get(`${id}.roundtrip`, `${title}: ${messageSize} B there and back, median`, 'µs');
  const slow = figures.get(`${id}.roundtrip.p99`, '– 99th percentile', 'µs');
  const without = figures.get(`${id}.roundtrip.direct`, '– median without a tunnel and TLS', 'µs');
  const entries = names.map((name) => ({
    name,
    async open() {
      const direct = net.connect({ port: peer.plainPort, host: '127.0.0.1', noDelay: true });
      await once(direct, 'connect');
      return { direct, socket: await open(name) };
    },
    async measure({ direct, socket }) {
      const base = await trips(direct, sliceMs);
      const times = await trips(socket, sliceFactor * sliceMs);
      return { median: at(times, 0.5), slow: at(times, 0.99), without: at(base, 0.5) };
    },
    close({ direct, socket }) {
      direct.destroy();
      socket.destroy();
    },
  }));
  await rounds(entries, (name, times) => {
    median.add(name, times.median);
    slow.add(name, times.slow);
    without.add(name, times.without);
  });
}

async function compareConnections({ figures, rounds, sliceMs }, names, open, id, title) {
  const figure = figures.get(`${id}.connections`, `${title}: connections, ${atOnce} at once`, '1/s');
  const entries = names.map((name) => ({
    name,
    async measure() {
      const start = performance.now();
      let count = 0;
      await lanes(async () => {
        do {
          (await used(() => open(name))).destroy();
          count++;
        } while (performance.now() - start < sliceFactor * sliceMs);
      });
      return (count * 1000) / (performance.now() - start);
    },
  }));
  await rounds(entries, (name, perSecond) => figure.add(name, perSecond));
}

/** Each sample uses a new process. Those of the last round stay. */
async function compareIdle({ identity, figures, roundCount, connections }, names, task, tunnels) {
  for (let round = 0; round < roundCount; round++) {
    for (const name of names) {
      await tunnels.get(name)?.close();
      const tunnel = await startTunnel(name, task);
      tunnels.set(name, tunnel);
      const sockets = [];
      for (const { direction, title } of directions) {
        const figure = figures.get(
          `tunnel.${direction}.idle`,
          `${title}: one of ${connections} idle connections`,
          'KiB',
        );
        const openMany = async (count) => {
          let left = count;
          await lanes(async () => {
            while (left-- > 0)
              sockets.push(await used(() => connect(direction, tunnel.ports[direction], identity)));
          });
        };
        await openMany(warmUp);
        const before = await tunnel.bytes();
        await openMany(connections);
        figure.add(name, ((await tunnel.bytes()) - before) / connections / 1024);
      }
      for (const socket of sockets) socket.destroy();
    }
  }
}

/** Through the tunnel that listens there. */
async function connect(direction, port, { ca }) {
  if (direction === 'out') {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return socket.on('error', () => undefined);
  }
  // A server can't be told its suites. A client that offers only one has the same effect.
  const socket = tls.connect({ ...protocol, port, host: '127.0.0.1', servername: 'localhost', ca });
  await once(socket, 'secureConnect');
  assertProtocol(socket);
  socket.setNoDelay(true);
  return socket.on('error', () => undefined);
}

/** A connection on which a byte has come back: the tunnel is open up to the other end. */
async function used(open) {
  const socket = await open();
  await new Promise((resolve, reject) => {
    const refused = () => reject(new Error('the tunnel refused a connection'));
    socket.once('close', refused).once('data', () => resolve(socket.off('close', refused)));
    socket.write(Buffer.concat([encodeTask(Task.Echo, 1, 1), Buffer.alloc(1)]));
  });
  return socket;
}

/** @returns {Promise<number[]>} what each message took there and back, in microseconds, in order of size */
async function trips(socket, milliseconds) {
  const message = Buffer.concat([encodeTask(Task.Echo, messageSize, messageSize), Buffer.alloc(messageSize)]);
  const times = [];
  const end = performance.now() + milliseconds;
  do {
    const start = performance.now();
    await new Promise((resolve) => {
      let received = 0;
      const count = (chunk) => {
        received += chunk.length;
        if (received < messageSize) return;
        socket.off('data', count);
        resolve();
      };
      socket.on('data', count);
      socket.write(message);
    });
    times.push((performance.now() - start) * 1000);
  } while (performance.now() < end);
  return times.sort((one, other) => one - other);
}

const at = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

const lanes = (lane) => Promise.all(Array.from({ length: atOnce }, lane));
