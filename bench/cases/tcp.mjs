/** Over TCP loopback. The peer is a node:tls server in another process. */
import { once } from 'node:events';
import { assertProtocol } from '../contestants.mjs';
import { Task, encodeTask } from '../peer/protocol.mjs';
import { sizeLabel } from './memory.mjs';

const writeSizes = [64, 1024, 16 * 1024, 64 * 1024];
const messageSize = 100;
/** How much the first, untimed slice transfers. The size of later ones depends on how long the previous one took. */
const firstTotal = 256 * 1024;
/** These slices are longer than others, because the clock of process.cpuUsage() ticks only every 10 to 16 ms. */
const sliceFactor = 3;
const largestTotal = 1024 * 1024 * 1024;

/** @param {import('../run.mjs').Bench} bench */
export async function run(bench) {
  for (const size of writeSizes)
    await compare(bench, `tcp.download.${size}`, `download, writes of ${sizeLabel(size)}`, size, download);
  for (const size of writeSizes)
    await compare(bench, `tcp.upload.${size}`, `upload, writes of ${sizeLabel(size)}`, size, upload);
  await compareRoundTrip(bench);
}

async function compare(bench, id, title, size, transfer) {
  const speed = bench.figures.get(id, title, 'MB/s');
  const cpu = bench.figures.get(`${id}.cpu`, `– its CPU`, 's/GB');
  await bench.rounds(
    entries(bench, firstTotal, (socket, total) => transfer(socket, size, total)),
    (name, slice) => {
      speed.add(name, slice.total / 1e6 / slice.seconds);
      cpu.add(name, slice.cpuSeconds / (slice.total / 1e9));
    },
  );
}

async function compareRoundTrip(bench) {
  const time = bench.figures.get('tcp.roundtrip', `${messageSize} B there and back`, 'µs');
  const cpu = bench.figures.get('tcp.roundtrip.cpu', '– its CPU', 'µs');
  await bench.rounds(entries(bench, 100 * messageSize, exchange), (name, slice) => {
    const trips = slice.total / messageSize;
    time.add(name, (slice.seconds * 1e6) / trips);
    cpu.add(name, (slice.cpuSeconds * 1e6) / trips);
  });
}

/** One connection for each client. Its slices grow or shrink towards the intended length. */
function entries({ identity, clients, peer, sliceMs }, startTotal, transfer) {
  return clients.map(({ name, connect }) => ({
    name,
    async open() {
      const socket = connect({
        port: peer.port,
        host: '127.0.0.1',
        servername: 'localhost',
        ca: identity.ca,
      });
      await once(socket, 'secureConnect');
      assertProtocol(socket);
      socket.setNoDelay(true);
      return { socket, total: startTotal };
    },
    async measure(state) {
      const { socket, total } = state;
      const cpu = process.cpuUsage();
      const start = process.hrtime.bigint();
      await transfer(socket, total);
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      const { user, system } = process.cpuUsage(cpu);
      state.total = nextTotal(total, seconds, (sliceFactor * sliceMs) / 1e3);
      return { total, seconds, cpuSeconds: (user + system) / 1e6 };
    },
    close: ({ socket }) => void socket.destroy(),
  }));
}

export function nextTotal(total, seconds, wanted) {
  const factor = Math.min(32, Math.max(0.25, wanted / seconds));
  const messages = Math.max(1, Math.round((total * factor) / messageSize));
  return Math.min(largestTotal, messages * messageSize);
}

export async function download(socket, size, total) {
  const complete = receive(socket, total);
  socket.write(encodeTask(Task.Download, size, total));
  await complete;
}

export async function upload(socket, size, total) {
  const answered = receive(socket, 1);
  socket.write(encodeTask(Task.Upload, size, total));
  const chunk = Buffer.alloc(size, 'schannel');
  for (let left = total; left > 0; left -= size) {
    if (!socket.write(left < size ? chunk.subarray(0, left) : chunk)) await once(socket, 'drain');
  }
  await answered;
}

async function exchange(socket, total) {
  const message = Buffer.alloc(messageSize, 'schannel');
  socket.write(encodeTask(Task.Echo, messageSize, total));
  await new Promise((resolve) => {
    let received = 0;
    const next = (chunk) => {
      received += chunk.length;
      if (received === total) {
        socket.off('data', next);
        resolve();
      } else if (received % messageSize === 0) socket.write(message);
    };
    socket.on('data', next);
    socket.write(message);
  });
}

/** Resolves when `total` bytes have arrived. */
function receive(socket, total) {
  return new Promise((resolve) => {
    let received = 0;
    const count = (chunk) => {
      received += chunk.length;
      if (received < total) return;
      socket.off('data', count);
      resolve();
    };
    socket.on('data', count);
  });
}
