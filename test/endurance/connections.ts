import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';
import * as schannel from 'schannel';
import { releaseUnusedResources } from 'schannel';
import { until } from '../support/patience.js';
import { localhostServer, SchannelServer, serverRoot } from '../support/schannel-server.js';
import { cells, growthInRounds, KIB, level, LEVEL_HEADS, type Level, type Round } from './level.js';
import { inLanes, nth, type Output } from './part.js';

/** A server of ours that sends back what comes, and counts what it has. */
export interface Echo {
  readonly port: number;
  /** PEM of the root that its clients have to trust. */
  readonly ca: string;
  /** What it has, and how many connections are open. */
  level(): Promise<Level & { readonly open: number }>;
  close(): Promise<void>;
}

/** @param isControl with node:tls in place of this library */
export async function startEcho(isControl = false): Promise<Echo> {
  // A failed handshake shows at the client.
  const started = isControl
    ? await startControl()
    : await SchannelServer.start({ handshakeTimeout: PATIENT });
  const { server, port, ca } = started;
  const open = (): Promise<number> =>
    new Promise((resolve) => {
      server.getConnections((_error, count) => resolve(count));
    });
  return {
    port,
    ca,
    level: async () => {
      if ((await open()) === 0) await releaseUnusedResources();
      return { ...(await level()), open: await open() };
    },
    close: () => started.close(),
  };
}

async function startControl(): Promise<
  Pick<SchannelServer, 'port' | 'ca' | 'close'> & { readonly server: net.Server }
> {
  const { cert, key } = await localhostServer();
  const server = tls.createServer({ cert, key, handshakeTimeout: PATIENT }, (socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    port: (server.address() as AddressInfo).port,
    ca: (await serverRoot()).certificate.cert,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

/** Thousands wait for each other on a slow machine. */
const PATIENT = 240_000;

/** How another process reaches an {@link Echo}. */
export interface EchoAddress {
  readonly port: number;
  readonly ca: string;
  /** Answers each line with a level. */
  readonly control: number;
}

/** Has an echo in this process until its user goes. @param tell gets its address */
export async function serveEcho(
  tell: (address: EchoAddress) => void,
  { isControl }: { readonly isControl?: boolean } = {},
): Promise<void> {
  const echo = await startEcho(isControl);
  const control = net.createServer((socket) => {
    socket.on('data', () => {
      void echo.level().then((answer) => socket.write(`${JSON.stringify(answer)}\n`));
    });
    socket.on('error', () => undefined).once('close', () => control.close());
  });
  control.listen(0, '127.0.0.1');
  await once(control, 'listening');
  tell({ port: echo.port, ca: echo.ca, control: (control.address() as AddressInfo).port });
  await once(control, 'close');
  await echo.close();
}

/** The echo of another process. */
export async function remoteEcho({ port, ca, control }: EchoAddress): Promise<Echo> {
  const socket = net.connect(control, '127.0.0.1');
  await once(socket, 'connect');
  socket.setEncoding('utf8');
  return {
    port,
    ca,
    level: async () => {
      socket.write('level\n');
      const [line] = (await once(socket, 'data')) as [string];
      return JSON.parse(line) as Level & { open: number };
    },
    close: async () => {
      socket.destroy();
      await once(socket, 'close');
    },
  };
}

export interface ConnectionsOptions {
  /** How many should be open at once. */
  readonly count: number;
  /** How often: memory that the first round took is there for the next ones. */
  readonly rounds: number;
  /** node:tls stands in for this library, to tell what the machine keeps. */
  readonly isControl?: boolean;
}

/** Handshakes at a time. */
const LANES = 32;

/** What a machine says that has no more to give. */
const LIMITS = /EMFILE|ENOBUFS|ENOMEM|EADDRINUSE|EADDRNOTAVAIL|EAGAIN/;

/** Many connections at once, with a byte there and back on each at the end. @returns what was wrong */
export async function connections(
  { count, rounds, isControl = false }: ConnectionsOptions,
  echo: Echo,
  { say, table }: Output,
): Promise<string[]> {
  const faults: string[] = [];
  const rows: string[][] = [];
  const note = (what: string, client: Level, server: Level): void => {
    rows.push([`${what}: client`, ...cells(client)], [`${what}: server`, ...cells(server)]);
  };
  await releaseUnusedResources();
  const before = { client: await level(), server: await echo.level() };
  note('before', before.client, before.server);
  const seen: Record<'client' | 'server', Round[]> = { client: [], server: [] };
  for (let round = 1; round <= rounds; round += 1) {
    const { sockets, limit } = await openAll(
      count,
      echo,
      isControl ? tls : (schannel as unknown as typeof tls),
      say,
    );
    const open = { client: await level(), server: await echo.level() };
    note(`round ${round}, ${sockets.length} open`, open.client, open.server);
    say(
      `${sockets.length} of ${count} are open; ${limit === null ? 'nothing set a limit' : `the limit: ${limit}`}`,
    );
    if (limit !== null && !LIMITS.test(limit)) faults.push(`a connection failed: ${limit}`);
    for (const [side, from, to] of [
      ['client', before.client, open.client],
      ['server', before.server, open.server],
    ] as const) {
      const bytes = to.heapUsed - from.heapUsed + to.external - from.external + to.outside - from.outside;
      say(`${(bytes / KIB / Math.max(1, sockets.length)).toFixed(1)} KiB for each at the ${side}`);
    }
    await inLanes(sockets.length, LANES * 4, (index) => echoed(nth(sockets, index)));
    say(`a byte went there and back on each of ${sockets.length}`);
    await inLanes(sockets.length, LANES * 4, (index) => ended(nth(sockets, index)));
    sockets.length = 0;
    say('all are closed');
    await releaseUnusedResources();
    let server = await echo.level();
    await until(
      () => server.open === 0 && server.handles <= before.server.handles,
      () => `the server still has ${server.open} connections and ${server.handles} handles`,
      async () => {
        server = await echo.level();
      },
    );
    let client = await level();
    await until(
      () => client.handles <= before.client.handles && client.sockets <= before.client.sockets,
      () => `the client still has ${client.handles} handles and ${client.sockets} sockets`,
      async () => {
        client = await level();
      },
    );
    note(`after round ${round}`, client, server);
    seen.client.push({ open: open.client, after: client });
    seen.server.push({ open: open.server, after: server });
  }
  for (const side of ['client', 'server'] as const) {
    faults.push(...growthInRounds(seen[side]).map((text) => `${side}, from round to round: ${text}`));
  }
  table(`${count} connections at once`, ['', ...LEVEL_HEADS], rows);
  return faults;
}

/** @returns what is open, and why there are not more */
async function openAll(
  count: number,
  { port, ca }: Echo,
  library: Pick<typeof tls, 'connect'>,
  say: (line: string) => void,
): Promise<{ sockets: net.Socket[]; limit: string | null }> {
  const sockets: net.Socket[] = [];
  let limit: string | null = null;
  const step = Math.max(1, Math.ceil(count / 10));
  await inLanes(count, LANES, async (index) => {
    const maxVersion = index % 2 === 0 ? 'TLSv1.3' : 'TLSv1.2';
    const patient = { handshakeTimeout: PATIENT };
    const socket = library.connect({
      ...{ port, host: '127.0.0.1', servername: 'localhost', ca, maxVersion },
      ...patient,
    });
    await once(socket, 'secureConnect');
    sockets.push(socket);
    if (sockets.length % step === 0) say(`${sockets.length} of ${count} are open`);
  }).catch((error: unknown) => {
    limit =
      error instanceof Error
        ? `${(error as NodeJS.ErrnoException).code ?? ''} ${error.message}`
        : String(error);
  });
  return { sockets, limit };
}

async function echoed(socket: net.Socket): Promise<void> {
  const came = once(socket, 'data');
  socket.write('x');
  const [chunk] = (await came) as [Buffer];
  if (chunk.toString() !== 'x') throw new Error(`another byte came back: ${chunk.toString('hex')}`);
}

async function ended(socket: net.Socket): Promise<void> {
  const closed = once(socket, 'close');
  socket.end();
  await closed;
}
