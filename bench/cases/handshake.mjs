/** How many connections a client opens per second, and how long it blocks the event loop. */
import { once } from 'node:events';
import * as net from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const atOnce = 32;

/** @param {import('../run.mjs').Bench} bench */
export async function run(bench) {
  await compareRaw(bench);
  await compare(bench, 'handshake.single', 'one at a time', 1);
  await compare(bench, 'handshake.parallel', `${atOnce} at once`, atOnce);
}

/** Both ends in memory: the cost of both halves of the work without a network. */
async function compareRaw({ limit, figures, rounds, sliceMs }) {
  if (limit === null) return;
  const figure = figures.get('handshake.memory', 'in memory, both ends', '1/s');
  const measure = async () => {
    const { count, elapsedNs } = await limit.handshake(sliceMs);
    return count / (elapsedNs / 1e9);
  };
  await rounds([{ name: 'raw', measure }], (name, sample) => figure.add(name, sample));
}

async function compare({ identity, clients, peer, figures, rounds, sliceMs }, id, title, lanes) {
  const speed = figures.get(id, title, '1/s');
  const gap = figures.get(`${id}.gap`, '– worst gap of the event loop', 'ms');
  const without = figures.get(`${id}.gap.plain`, '– the same gap if TCP connects without TLS', 'ms');
  const host = '127.0.0.1';
  const contestants = clients.map(({ name, connect, createSecureContext }) => ({
    name,
    opens(secureContext) {
      const options = { port: peer.port, host, servername: 'localhost', secureContext };
      return () => opened(connect(options), 'secureConnect');
    },
    // One context for all connections, as in a program that opens many.
    open: async () => createSecureContext({ ca: identity.ca }),
  }));
  const plain = {
    name: 'plain',
    opens: () => () => opened(net.connect({ port: peer.plainPort, host }), 'connect'),
  };
  const entries = [...contestants, plain].map(({ name, opens, open }) => ({
    name,
    open,
    async measure(state) {
      const openOne = opens(state);
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const start = process.hrtime.bigint();
      const end = start + BigInt(sliceMs) * 1_000_000n;
      let count = 0;
      const lane = async () => {
        do {
          await openOne();
          count++;
        } while (process.hrtime.bigint() < end);
      };
      await Promise.all(Array.from({ length: lanes }, lane));
      const elapsed = Number(process.hrtime.bigint() - start);
      delay.disable();
      return { perSecond: count / (elapsed / 1e9), gapMs: delay.max / 1e6 };
    },
  }));
  await rounds(entries, (name, { perSecond, gapMs }) => {
    if (name === plain.name) {
      without.add('node', gapMs); // Node's net, whichever library is on top of it
      return;
    }
    speed.add(name, perSecond);
    gap.add(name, gapMs);
  });
}

async function opened(socket, event) {
  await once(socket, event);
  socket.destroy();
}
