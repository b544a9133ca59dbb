/**
 * What a server does: connections that it takes in a second, what an idle one costs it, and what very many in a row
 * leave behind. Its clients are node:tls's, in the process of the bench.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import * as tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { protocol } from '../contestants.mjs';

const script = fileURLToPath(new URL('../peer/measured-server.mjs', import.meta.url));
const atOnce = 32;
/** Opened before the count begins: libraries, pools and caches are no cost of a connection. */
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
    open: () => MeasuredServer.start(name, identity),
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
      const server = await MeasuredServer.start(name, identity);
      const sockets = await server.open(warmUp);
      const before = await server.state(warmUp);
      sockets.push(...(await server.open(connections)));
      const after = await server.state(warmUp + connections);
      figure.add(name, (after.bytes - before.bytes) / connections / 1024);
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  }
}

/** Once for each: it takes its time. */
async function compareRow({ identity, clients, figures, connections }) {
  const count = 10 * connections;
  const growth = figures.get('server.row', `server, growth by ${count} connections in a row`, 'KiB');
  const left = figures.get('server.row.left', '– native contexts left', 'contexts');
  for (const { name } of clients) {
    const server = await MeasuredServer.start(name, identity);
    const inRow = (of) => countdown(of, async () => (await server.connect()).destroy());
    await inRow(connections);
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

class MeasuredServer {
  #child;
  #options;

  constructor(child, options) {
    this.#child = child;
    this.#options = options;
  }

  static async start(name, { ca, cert, key }) {
    const child = fork(script, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: ['--expose-gc'] });
    child.send({ name, cert, key });
    const { port } = await answerOf(child);
    // Schannel's servers take no list of suites; a client that offers one has the same effect.
    const secureContext = tls.createSecureContext({ ...protocol, ca });
    return new MeasuredServer(child, { port, host: '127.0.0.1', servername: 'localhost', secureContext });
  }

  /** A connection that is secure. */
  async connect() {
    const socket = tls.connect(this.#options);
    await once(socket, 'secureConnect');
    return socket;
  }

  async open(count) {
    const sockets = [];
    await countdown(count, async () => sockets.push(await this.connect()));
    return sockets;
  }

  /** How large it is, with so many connections open. */
  state(open) {
    this.#child.send({ open });
    return answerOf(this.#child);
  }

  close() {
    this.#child.disconnect();
  }
}

async function answerOf(child) {
  const ended = new AbortController();
  const { signal } = ended;
  try {
    const [answer] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`the server that is measured ended with code ${code}`);
      }),
    ]);
    return answer;
  } finally {
    ended.abort();
  }
}
