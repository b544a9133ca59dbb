/**
 * What is counted: each path opens what it needs, does its work once as a rehearsal (credentials, memory that is kept,
 * what Node loads late), and once more for the figures.
 */
import { once } from 'node:events';
import * as tls from 'node:tls';
import { Line } from './line.mjs';
import { uncounted } from './counters.mjs';

const KIB = 1024;
const MIB = 1024 * KIB;
const VERSIONS = ['TLSv1.2', 'TLSv1.3'];
const ROUND_TRIPS = 16;
const MESSAGE = 100;
/** How much the peer's bytes reach a stream at once: as much as net reads from a busy socket. */
const DELIVERY = 64 * KIB;
const SMALL_RECORDS = 1024;
/** Milliseconds for which a verdict counts for other connections (lib/tls/socket/recent-verdicts.ts). */
const VERDICTS_LAST = 1000;
/** How many the store of the world has. */
export const CERTIFICATES = 10;

/**
 * @typedef {object} Path
 * @property {string} name
 * @property {string} unit what one piece of the work is
 * @property {number} pieces of the work that are counted at once
 * @property {number} [bytes] of plaintext in them; missing where no data flows
 * @property {(world: World) => Promise<Stage>} open
 *
 * @typedef {object} Stage
 * @property {Line} [line] whose writes and reads count
 * @property {(done: () => void) => void} run the work; `done` is called when nothing is left of it
 * @property {() => Promise<void> | void} [reset] between two runs, uncounted
 * @property {() => Promise<void> | void} close
 *
 * @typedef {object} World
 * @property {typeof import('schannel')} schannel
 * @property {typeof import('schannel/store')} stores
 * @property {{ ca: string, cert: string, key: string }} identity
 * @property {{ now: number }} clock what Date.now() returns
 * @property {string} store the name of one with CERTIFICATES certificates
 */

/** @type {Path[]} */
export const PATHS = [
  writing('write 64 B, all in one turn', 64, 1024),
  writing('write 1 KiB, all in one turn', KIB, 1024),
  writing('write 16 KiB, all in one turn', 16 * KIB, 64),
  writing('write 1 MiB', MIB, 1),
  writing('write 1 MiB to a socket', MIB, 1, 'socket'),
  reading('read full records', 16 * KIB, 64),
  reading('read records of 64 B', 64, SMALL_RECORDS),
  roundTrip(),
  ...VERSIONS.flatMap((version) => [handshake('client', version, false), handshake('client', version, true)]),
  ...VERSIONS.map((version) => handshake('client', version, false, 'soon after another')),
  ...VERSIONS.flatMap((version) => [handshake('server', version, false), handshake('server', version, true)]),
  certificateList(),
];

function writing(name, size, count, kind = 'duplex') {
  return {
    name,
    unit: 'MiB',
    pieces: (size * count) / MIB,
    bytes: size * count,
    async open(world) {
      const { line, near, close } = await openTransfer(world, kind);
      line.separate([]);
      const chunk = Buffer.alloc(size, 'schannel');
      const run = (done) => {
        for (let left = count; left > 1; left--) near.write(chunk);
        near.write(chunk, () => line.settle(done));
      };
      return { line, run, close };
    },
  };
}

function reading(name, size, count) {
  const bytes = size * count;
  return {
    name,
    unit: 'MiB',
    pieces: bytes / MIB,
    bytes,
    async open(world) {
      const { line, near, far, close } = await openTransfer(world, 'duplex');
      const records = [];
      line.separate(records);
      let portions;
      const reset = async () => {
        records.length = 0;
        // node:tls would gather small writes.
        for (let left = count; left > 0; left--) await written(far, Buffer.alloc(size, 'schannel'));
        portions = portionsOf(Buffer.concat(records));
      };
      await reset();
      let received = 0;
      near.on('data', ({ length }) => void (received += length));
      const run = (done) => {
        received = 0;
        const next = () => {
          const portion = portions.shift();
          if (portion !== undefined) {
            line.deliver(portion);
            setImmediate(next);
          } else if (received < bytes) setImmediate(next);
          else line.settle(done);
        };
        next();
      };
      return { line, run, reset, close };
    },
  };
}

function roundTrip() {
  return {
    name: 'round trip of 100 B',
    unit: 'round trip',
    pieces: ROUND_TRIPS,
    bytes: 2 * MESSAGE * ROUND_TRIPS,
    async open(world) {
      const { line, near, far, close } = await openTransfer(world, 'duplex');
      const message = Buffer.alloc(MESSAGE, 'schannel');
      const records = [];
      line.separate(records);
      const reset = async () => {
        records.length = 0;
        for (let left = ROUND_TRIPS; left > 0; left--) await written(far, message);
      };
      await reset();
      let received = () => undefined;
      near.on('data', () => received());
      const run = (done) => {
        let trips = 0;
        line.near.receive = () => setImmediate(() => line.deliver(records[trips]));
        received = () => {
          if (++trips < ROUND_TRIPS) near.write(message);
          else line.settle(done);
        };
        near.write(message);
      };
      return { line, run, reset, close };
    },
  };
}

/** @param {string} [after] the verdict on the same certificates is still there */
function handshake(side, version, resumed, after) {
  const what = resumed ? 'resumed handshake' : 'handshake';
  return {
    name: [`${what} of a ${side}`, version.replace('TLSv', 'TLS '), after].filter(Boolean).join(', '),
    unit: 'handshake',
    pieces: 1,
    async open(world) {
      const begin = connections(world, side, version, resumed);
      let current;
      let runs = 0;
      const run = (done) => {
        if (after === undefined) world.clock.now += VERDICTS_LAST;
        current = begin();
        let secured = 0;
        const count = () => void secured++;
        current.near.once(side === 'client' ? 'secureConnect' : 'secure', count);
        current.far.once(side === 'client' ? 'secure' : 'secureConnect', count);
        const end = () => (secured === 2 ? done() : current.line.settle(end));
        current.line.settle(end);
      };
      /** Whether the session was resumed. */
      const end = async () => {
        const { near, far } = current;
        const client = side === 'client' ? near : far;
        if (client.getProtocol() !== version) throw new Error(`the version is ${client.getProtocol()}`);
        const wasResumed = client.isSessionReused();
        await closeBoth(near, far);
        return wasResumed;
      };
      return {
        get line() {
          return current?.line;
        },
        run,
        async reset() {
          const wasResumed = await end();
          if (runs++ > 0 && wasResumed !== resumed) throw new Error(`resumed: ${wasResumed}`);
          if (!wasResumed) return;
          // A session of TLS 1.3 may be used up. Then this handshake makes another one.
          await new Promise((resolve) => void run(resolve));
          await end();
        },
        close: () => world.schannel.releaseUnusedResources(),
      };
    },
  };
}

function certificateList() {
  return {
    name: `list a store of ${CERTIFICATES} certificates`,
    unit: 'list',
    pieces: 1,
    async open({ stores, store }) {
      const run = async (done) => {
        const opened = await stores.openStore(store, { readOnly: true });
        const rows = (await opened.all()).map(({ subject, thumbprint }) => [subject, thumbprint]);
        if (rows.length !== CERTIFICATES) throw new Error(`there are ${rows.length} certificates`);
        opened.close();
        setImmediate(done);
      };
      return { run, close: () => undefined };
    },
  };
}

/** Pairs of one of ours and one of node:tls that share what connections share in a program. */
function connections({ schannel, identity }, side, version, resumed) {
  const { ca, cert, key } = identity;
  const versions = { minVersion: version, maxVersion: version };
  const ours = schannel.createSecureContext({ ...versions, ...(side === 'client' ? { ca } : { cert, key }) });
  const theirs = (options) => tls.createSecureContext({ ...versions, ...options });
  // What can't be resumed is offered to a server that has no key for it.
  const shared = side === 'client' ? theirs({ cert, key }) : theirs({ ca });
  let session;
  return () => {
    const line = new Line();
    if (side === 'client') {
      const secureContext = resumed ? shared : uncounted(() => theirs({ cert, key }));
      const far = new tls.TLSSocket(line.far, { isServer: true, secureContext });
      const near = schannel.connect({ socket: line.near, servername: 'localhost', secureContext: ours });
      return { line, near, far };
    }
    const near = new schannel.TLSSocket(line.near, { isServer: true, secureContext: ours });
    const far = tls.connect({
      socket: line.far,
      servername: 'localhost',
      secureContext: shared,
      ...(resumed && session !== undefined && { session }),
    });
    far.on('session', (made) => (session = made));
    return { line, near, far };
  };
}

/** An open connection whose handshake and tickets are over. */
async function openTransfer(world, kind) {
  const line = new Line(kind);
  const { ca, cert, key } = world.identity;
  const far = new tls.TLSSocket(line.far, { isServer: true, cert, key });
  const near = world.schannel.connect({ socket: line.near, servername: 'localhost', ca });
  const secured = Promise.all([once(near, 'secureConnect'), once(far, 'secure')]);
  await settled(line);
  await secured;
  await settled(line);
  return { line, near, far, close: () => closeBoth(near, far) };
}

async function closeBoth(near, far) {
  const closed = once(near, 'close');
  near.destroy();
  far.destroy();
  await closed;
}

export const settled = (line) => new Promise((resolve) => void line.settle(resolve));

const written = (stream, chunk) => new Promise((resolve) => void stream.write(chunk, resolve));

/** Copies, so that no two deliveries share memory. */
function portionsOf(bytes) {
  const portions = [];
  for (let start = 0; start < bytes.length; start += DELIVERY)
    portions.push(Buffer.from(bytes.subarray(start, start + DELIVERY)));
  return portions;
}
