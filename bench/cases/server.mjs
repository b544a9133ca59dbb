/**
 * What a server does: how many connections it accepts per second, how much memory an idle one needs, and how much very
 * many in a row leave behind. Its clients are node:tls clients in the process of the bench.
 */
import { MeasuredServer } from '../measured-server.mjs';

const atOnce = 32;
/** Opened before the measurement starts: libraries, pools and caches are not part of the cost of a connection. */
const warmUp = 32;

/** @param {import('../run.mjs').Bench} bench */
export async function run(bench) {
  await compareSpeed(bench);
  await compareIdle(bench);
  await compareRow(bench);
}

async function compareSpeed({ identity, clients, figures, rounds, sliceMs }) {
  const figure = figures.get('server.handshakes', `server, ${atOnce} at once`, '1/s');
  const entries = clients.map(({ name }) => ({
    name,
    open: () => start(name, identity),
    async measure(server) {
      const start = process.hrtime.bigint();
      const end = start + BigInt(sliceMs) * 1_000_000n;
      let count = 0;
      await lanes(async () => {
        do {
          (await server.connect()).destroy();
          count++;
        } while (process.hrtime.bigint() < end);
      });
      return count / (Number(process.hrtime.bigint() - start) / 1e9);
    },
    close: (server) => server.close(),
  }));
  await rounds(entries, (name, perSecond) => figure.add(name, perSecond));
}

async function compareIdle({ identity, clients, figures, roundCount, connections }) {
  const figure = figures.get('server.idle', `server, one of ${connections} idle connections`, 'KiB');
  for (let round = 0; round < roundCount; round++) {
    for (const { name } of clients) {
      const server = await start(name, identity);
      const sockets = await open(server, warmUp);
      const before = await server.state(warmUp);
      sockets.push(...(await open(server, connections)));
      const after = await server.state(warmUp + connections);
      figure.add(name, (after.bytes - before.bytes) / connections / 1024);
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  }
}

/**
 * The young generation gets its full size at once. Otherwise V8 enlarges it by tens of megabytes while a server is
 * busy, and hides what connections leave behind.
 */
const steadyHeap = ['--min-semi-space-size=4', '--max-semi-space-size=4'];

/** Once for each, because it takes long. */
async function compareRow({ identity, clients, figures, connections }) {
  const count = 10 * connections;
  const growth = figures.get('server.row', `server, growth by ${count} connections in a row`, 'KiB');
  const left = figures.get('server.row.left', '– native contexts left', 'contexts');
  for (const { name } of clients) {
    const server = await start(name, identity, steadyHeap);
    const inRow = (of) => countdown(of, async () => (await server.connect()).destroy());
    await inRow(2 * connections);
    const before = await server.state(0);
    await inRow(count);
    const after = await server.state(0);
    growth.add(name, (after.bytes - before.bytes) / 1024);
    if (name === 'ours') left.add(name, after.handles);
    server.close();
  }
}

const lanes = (lane) => Promise.all(Array.from({ length: atOnce }, lane));

async function countdown(count, step) {
  let left = count;
  await lanes(async () => {
    while (left-- > 0) await step();
  });
}

const start = (name, { ca, cert, key }, flags) => MeasuredServer.start(name, { cert, key }, ca, flags);

async function open(server, count) {
  const sockets = [];
  await countdown(count, async () => sockets.push(await server.connect()));
  return sockets;
}
