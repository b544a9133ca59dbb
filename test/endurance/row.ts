import { once } from 'node:events';
import { connect, releaseUnusedResources, type ConnectionOptions } from 'schannel';
import type { Server } from 'schannel';
import { handlesBackTo, settledCounts } from '../support/native-store.js';
import { SchannelServer } from '../support/schannel-server.js';
import { capabilities, onWine } from '../support/windows.js';
import { cells, growth, level, LEVEL_HEADS, medianOf, type Level } from './level.js';
import { inLanes, nth, type Output } from './part.js';

export interface RowOptions {
  readonly count: number;
  /** How often memory is looked at. */
  readonly samples: number;
}

interface Kind {
  readonly name: string;
  readonly resumes: boolean;
  readonly options: ConnectionOptions;
}

/** At a time: a client and a server of this process take turns, and so each keeps the other busy. */
const LANES = 2;

/** Connections in a row, with ours at both ends. @returns what was wrong */
export async function row({ count, samples }: RowOptions, { say, table }: Output): Promise<string[]> {
  const faults: string[] = [];
  const before = await settledCounts();
  const started = await SchannelServer.start();
  const kinds = kindsHere();
  const reused = new Map<Kind, [connections: number, reused: number]>(kinds.map((kind) => [kind, [0, 0]]));
  const levels: Level[] = [];
  const rows: string[][] = [];
  for (let sample = 1; sample <= samples; sample += 1) {
    const from = Math.floor((count * (sample - 1)) / samples);
    const to = Math.floor((count * sample) / samples);
    await inLanes(to - from, LANES, async (index) => {
      const kind = nth(kinds, from + index);
      const wasReused = await converse(started.port, { ca: started.ca, ...kind.options });
      const [connections, again] = reused.get(kind) ?? [0, 0];
      reused.set(kind, [connections + 1, again + (wasReused ? 1 : 0)]);
    });
    await none(started.server);
    const now = await level();
    levels.push(now);
    rows.push([String(to), ...cells(now)]);
    say(`${to} of ${count} connections: ${cells(now).join(' · ')} (${LEVEL_HEADS.join(' · ')})`);
  }
  await started.close();
  await handlesBackTo(before, releaseUnusedResources);
  rows.push(['closed', ...cells(await level())]);
  table(`${count} connections in a row`, ['connections', ...LEVEL_HEADS], rows);
  table(
    'sessions',
    ['kind', 'connections', 'resumed'],
    [...reused].map(([{ name }, [connections, again]]) => [name, String(connections), String(again)]),
  );
  for (const [{ name, resumes }, [connections, again]] of reused) {
    // The first of each kind begins a session, as do those of the second lane that came before its ticket.
    const least = Math.floor(connections * 0.9) - 2 * LANES;
    if (resumes && again < least) faults.push(`${name}: only ${again} of ${connections} were resumed`);
    if (!resumes && again > 0) faults.push(`${name}: ${again} of ${connections} were resumed`);
  }
  // The first quarter is for what grows once.
  const [second, last] = [levels.slice(samples >> 2, samples >> 1), levels.slice(-Math.max(1, samples >> 2))];
  if (second.length > 0) faults.push(...growth(medianOf(second), medianOf(last)));
  return faults;
}

/** Wine resumes nothing. A function that chooses the certificate has each connection begin a separate session. */
function kindsHere(): Kind[] {
  const versions = capabilities().tls13 ? (['TLSv1.2', 'TLSv1.3'] as const) : (['TLSv1.2'] as const);
  return versions.flatMap((maxVersion) => {
    const full = { name: `${maxVersion}, full`, resumes: false };
    if (onWine()) return [{ ...full, options: { maxVersion } }];
    return [
      { ...full, options: { maxVersion, certificate: () => null } },
      { name: `${maxVersion}, resumed`, resumes: true, options: { maxVersion } },
    ];
  });
}

/** A word there and back, and an end. @returns whether the session was resumed */
async function converse(port: number, options: ConnectionOptions): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ...options });
  let heard = '';
  socket.setEncoding('utf8').on('data', (text: string) => (heard += text));
  socket.end('a word');
  let wasReused = false;
  socket.once('secureConnect', () => (wasReused = socket.isSessionReused()));
  await once(socket, 'close');
  if (heard !== 'a word') throw new Error(`the server sent ${JSON.stringify(heard)} back`);
  return wasReused;
}

/** Waits until a server has no connection. */
async function none(server: Server): Promise<void> {
  const open = (): Promise<number> =>
    new Promise((resolve) => {
      server.getConnections((_error, count) => resolve(count));
    });
  while ((await open()) > 0) await new Promise<void>((resolve) => setImmediate(resolve));
}
