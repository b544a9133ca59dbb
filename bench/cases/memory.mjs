/**
 * In memory: only one side of TLS, without a peer in the timed part.
 *
 * Writes go into a wire that drops the records. Reads get records that the peer made before the clock started. So
 * encrypting and decrypting a byte is compared with both in raw SSPI, without the cost of a peer.
 */
import { once } from 'node:events';
import * as tls from 'node:tls';
import { assertProtocol, protocol } from '../contestants.mjs';
import { createWires, wireKinds } from '../wire.mjs';

const writeSizes = [64, 1024, 16 * 1024, 64 * 1024];
const smallRecords = [64, 1024];
const socketWriteSizes = [16 * 1024, 64 * 1024];
const messageSize = 100;
/** How much the wire delivers at once: as much as net reads from a busy TCP socket. */
const deliverySize = 64 * 1024;
/** The plaintext of a prepared batch, in bytes or in separate writes. It should fit into the cache. */
const batchSize = 1024 * 1024;
const batchWrites = 2048;
/** Preparing batches takes longer than reading them. It may take the time of at most this many slices. */
const preparationLimit = 4;
/** The fragment sizes that OpenSSL can split a write into (SSL_set_max_send_fragment). */
const smallestFragment = 512;
const largestFragment = 16 * 1024;

/** @param {import('../run.mjs').Bench} bench */
export async function run(bench) {
  for (const size of writeSizes) await compareWrites(bench, size, 'duplex');
  for (const size of socketWriteSizes) await compareWrites(bench, size, 'socket');
  for (const size of smallRecords) await compareSmallRecords(bench, size);
  await compareRoundTrip(bench);
}

/**
 * Writes of one size, and reads of such writes. Small writes become full records too, because both clients collect what
 * is written faster than it is sent.
 */
async function compareWrites(bench, size, wire) {
  const [ids, suffix] = wire === 'duplex' ? ['memory', ''] : [`memory.${wire}`, ` over a ${wire}`];
  const label = `${sizeLabel(size)}${suffix}`;
  const write = bench.figures.get(`${ids}.write.${size}`, `write ${label}`, 'MB/s');
  const read = bench.figures.get(`${ids}.read.${size}`, `read what was written by ${label}`, 'MB/s');
  const both = bench.figures.get(`${ids}.both.${size}`, `write and read ${label}`, 'MB/s');
  const measure = async (connection) => [
    await timeWrites(connection, size, bench.sliceMs),
    await timeReads(connection, largestFragment, bench.sliceMs),
  ];
  await bench.rounds(throughputEntries(bench, size, wire, measure), (name, [writing, reading]) => {
    write.add(name, 1e3 / writing);
    read.add(name, 1e3 / reading);
    both.add(name, 1e3 / (writing + reading));
  });
}

/** What the worst peer sends. */
async function compareSmallRecords(bench, size) {
  const figure = bench.figures.get(`memory.records.${size}`, `read records of ${sizeLabel(size)}`, 'MB/s');
  const measure = async (connection) => [0, await timeReads(connection, size, bench.sliceMs)];
  await bench.rounds(throughputEntries(bench, size, 'duplex', measure), (name, [, reading]) => {
    figure.add(name, 1e3 / reading);
  });
}

/**
 * Samples are nanoseconds per byte, to write and to read. For raw SSPI they are those of EncryptMessage and
 * DecryptMessage.
 */
function throughputEntries({ identity, clients, limit, sliceMs }, size, wire, measure) {
  const entries = clients.map((client) => ({
    name: client.name,
    measure,
    open: () => openInMemory(client, identity, wire),
    close: closeInMemory,
  }));
  if (limit === null) return entries;
  const measureLimit = async () => {
    const { bytes, encryptNs, decryptNs } = await limit.throughput(size, sliceMs);
    return [encryptNs / bytes, decryptNs / bytes];
  };
  return [{ name: 'raw', measure: measureLimit }, ...entries];
}

async function compareRoundTrip({ identity, clients, limit, figures, rounds, sliceMs }) {
  const figure = figures.get('memory.roundtrip', `${messageSize} B there and back`, 'µs');
  const contestants = clients.map((client) => ({
    name: client.name,
    measure: (connection) => timeRoundTrips(connection),
    open: () => openInMemory(client, identity, 'duplex'),
    close: closeInMemory,
  }));
  if (limit !== null) {
    contestants.unshift({
      name: 'raw',
      async measure() {
        const { count, elapsedNs } = await limit.roundTrip(messageSize, sliceMs);
        return elapsedNs / count / 2; // both ends took part, each encrypted once and decrypted once
      },
    });
  }
  await rounds(contestants, (name, ns) => figure.add(name, ns / 1e3));
}

/** A client and a node:tls server after the handshake over a pair of wires. */
async function openInMemory({ connect }, { ca, cert, key }, wire) {
  const [near, far] = createWires(wireKinds[wire]);
  const peer = new tls.TLSSocket(far, { isServer: true, ...protocol, cert, key });
  const client = connect({ socket: near, servername: 'localhost', ca });
  await Promise.all([once(client, 'secureConnect'), once(peer, 'secure')]);
  assertProtocol(client);
  // From here on, both receive only what a case delivers.
  near.receive = () => undefined;
  far.receive = () => undefined;
  return { client, near, peer, far };
}

function closeInMemory({ client, near, peer, far }) {
  for (const stream of [client, near, peer, far]) stream.destroy();
}

/** @returns {Promise<number>} nanoseconds per byte */
async function timeWrites({ client, near }, size, sliceMs) {
  const chunk = Buffer.alloc(size, 'schannel');
  const writesBetweenClocks = Math.max(1, Math.floor((256 * 1024) / size));
  let sent = 0;
  near.receive = (records) => void (sent += records.length);
  let written = 0;
  const start = process.hrtime.bigint();
  const end = start + BigInt(sliceMs) * 1_000_000n;
  do {
    for (let write = 0; write < writesBetweenClocks; write++) {
      written += size;
      if (!client.write(chunk)) await once(client, 'drain');
    }
  } while (process.hrtime.bigint() < end);
  await new Promise((resolve, reject) => {
    client.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
  written += size;
  const elapsed = Number(process.hrtime.bigint() - start);
  near.receive = () => undefined;
  if (sent < written) throw new Error(`${written} bytes were written, but only ${sent} reached the wire`);
  return elapsed / written;
}

/** @returns {Promise<number>} nanoseconds per byte */
async function timeReads(connection, size, sliceMs) {
  const deadline = process.hrtime.bigint() + BigInt(preparationLimit * sliceMs) * 1_000_000n;
  let elapsed = 0;
  let bytes = 0;
  do {
    const prepared = await prepareRecords(connection, size);
    elapsed += await timeDelivery(connection, prepared);
    bytes += prepared.bytes;
  } while (elapsed < sliceMs * 1e6 && process.hrtime.bigint() < deadline);
  return elapsed / bytes;
}

/** Records of `size` bytes of plaintext each (at most a record's maximum), as the wire will deliver them. */
async function prepareRecords({ peer, far }, size) {
  const records = [];
  far.receive = (chunk) => void records.push(Buffer.from(chunk));
  const bytes = await (size < smallestFragment ? writeEach(peer, size) : writeInFragments(peer, size));
  far.receive = () => undefined;
  return { bytes, deliveries: slice(Buffer.concat(records), deliverySize) };
}

/** One at a time, because node:tls would collect small writes into large records. */
async function writeEach(peer, size) {
  const chunk = Buffer.alloc(size, 'schannel');
  for (let write = 0; write < batchWrites; write++) {
    await new Promise((resolve) => void peer.write(chunk, resolve));
  }
  return batchWrites * size;
}

/** One write that OpenSSL splits into records, which is much faster. */
async function writeInFragments(peer, size) {
  peer.setMaxSendFragment(Math.min(size, largestFragment));
  await new Promise((resolve) => void peer.write(Buffer.alloc(batchSize, 'schannel'), resolve));
  return batchSize;
}

/** Copies, so that a reader may decrypt in place and no two deliveries share memory. */
function slice(bytes, size) {
  const slices = [];
  for (let start = 0; start < bytes.length; start += size) {
    const part = Buffer.allocUnsafeSlow(Math.min(size, bytes.length - start));
    bytes.copy(part, 0, start);
    slices.push(part);
  }
  return slices;
}

async function timeDelivery({ client, near }, { bytes, deliveries }) {
  let received = 0;
  const start = process.hrtime.bigint();
  const complete = new Promise((resolve) => {
    client.on('data', (chunk) => {
      received += chunk.length;
      if (received >= bytes) resolve(process.hrtime.bigint());
    });
  });
  for (const delivery of deliveries) {
    const wanted = near.demand();
    if (!near.push(delivery)) await wanted;
  }
  const end = await complete;
  client.removeAllListeners('data');
  if (received !== bytes) throw new Error(`${bytes} bytes were delivered, but ${received} came out`);
  return Number(end - start);
}

/** @returns {Promise<number>} nanoseconds for one message out and one in */
async function timeRoundTrips({ client, near, peer, far }) {
  const records = [];
  far.receive = (chunk) => void records.push(Buffer.from(chunk));
  const message = Buffer.alloc(messageSize, 'schannel');
  for (let trip = 0; trip < batchWrites; trip++) {
    await new Promise((resolve) => void peer.write(message, resolve));
  }
  far.receive = () => undefined;

  let trips = 0;
  // On the next tick: an answer within write() would nest all round trips on the stack.
  const reply = () => void near.push(records[trips]);
  near.receive = () => process.nextTick(reply);
  const start = process.hrtime.bigint();
  await new Promise((resolve) => {
    client.on('data', () => {
      if (++trips < records.length) client.write(message);
      else resolve();
    });
    client.write(message);
  });
  const elapsed = Number(process.hrtime.bigint() - start);
  near.receive = () => undefined;
  client.removeAllListeners('data');
  return elapsed / trips;
}

export function sizeLabel(size) {
  return size < 1024 ? `${size} B` : `${size / 1024} KiB`;
}
