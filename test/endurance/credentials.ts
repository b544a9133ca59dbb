import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { native } from '#lib/native/load.js';
import { connect, createSecureContext, releaseUnusedResources, type ConnectionOptions } from 'schannel';
import { handlesBackTo, listContainers, settledCounts } from '../support/native-store.js';
import { issueServer, SchannelServer, serverRoot } from '../support/schannel-server.js';
import { cells, growth, level, LEVEL_HEADS, type Level } from './level.js';
import { inLanes, nth, type Output } from './part.js';

export interface CredentialsOptions {
  readonly count: number;
}

/** Connections at a time. */
const LANES = 4;

/** What a cache keeps unused, and both ends of what is under way. */
const BOUND = 16 + 2 * LANES;

/** A certificate for one connection; all have the same key, since a new one takes long. */
interface Identity {
  readonly cert: string;
  readonly key: string;
}

/**
 * Connections that each need another credential: by another certificate of the client, of the server, or by another
 * option. @returns what was wrong
 */
export async function credentials({ count }: CredentialsOptions, { say, table }: Output): Promise<string[]> {
  const faults: string[] = [];
  const before = await settledCounts();
  const keysBefore = (await listContainers()).length;
  const identities = await identitiesFor(count);
  const started = await SchannelServer.start({
    SNICallback: (name, done) => {
      const index = Number(/^(\d+)\./.exec(name)?.[1] ?? 0);
      const kind = nth(KINDS, index);
      const { cert, key } = nth(identities, kind === 'server' ? index : 0);
      done(
        null,
        createSecureContext({ cert, key, ...(kind === 'lifespan' && { sessionTimeout: index + 1 }) }),
      );
    },
  });
  const rows: string[][] = [];
  const levels: Level[] = [];
  const note = async (what: string): Promise<void> => {
    const now = await level();
    levels.push(now);
    const { credentials: open, livenessMarkers } = native().handleCounts();
    const keys = (await listContainers()).length - keysBefore;
    rows.push([what, String(open), String(keys), String(livenessMarkers), ...cells(now)]);
    say(`${what}: ${open} credentials, ${keys} keys in Windows`);
    if (keys > BOUND) faults.push(`${what}: ${keys} keys are in Windows, and only ${BOUND} may be`);
  };
  let most = 0;
  const meet = async (index: number): Promise<void> => {
    const name = `${index}.localhost`;
    const options: ConnectionOptions = nth(KINDS, index) === 'client' ? nth(identities, index) : {};
    const socket = connect({
      ...{ port: started.port, host: '127.0.0.1', servername: name, ca: started.ca, ...options },
      checkServerIdentity: () => undefined,
    });
    socket.resume().end('a word');
    await once(socket, 'close');
    most = Math.max(most, native().handleCounts().credentials - before.credentials);
  };
  for (let quarter = 0; quarter < 4; quarter += 1) {
    const [from, to] = [(count * quarter) >> 2, (count * (quarter + 1)) >> 2];
    await inLanes(to - from, LANES, (index) => meet(from + index));
    await note(`after ${to}`);
  }
  if (most > BOUND) faults.push(`${most} credentials were open, and only ${BOUND} may be`);
  await started.close();
  await handlesBackTo(before, releaseUnusedResources);
  await note('released');
  const keysLeft = (await listContainers()).length - keysBefore;
  if (keysLeft !== 0) faults.push(`${keysLeft} keys are left in Windows`);
  table(
    `${count} credentials, at most ${most} at once`,
    ['', 'credentials', 'keys', 'markers', ...LEVEL_HEADS],
    rows,
  );
  const [first, last] = [levels[0], levels[3]];
  if (first !== undefined && last !== undefined) faults.push(...growth(first, last));
  return faults;
}

/** What makes a credential another one, in turn. */
const KINDS = ['client', 'server', 'lifespan'] as const;

async function identitiesFor(count: number): Promise<Identity[]> {
  const { key } = await issueServer();
  const publicKey = createPublicKey(key);
  const root = await serverRoot();
  const identities: Identity[] = [];
  for (let index = 0; index < count; index += 1) {
    const { cert } = await root.issue({ subject: `CN=endurance ${index}`, publicKey, usages: [] });
    identities.push({ cert, key });
  }
  return identities;
}
