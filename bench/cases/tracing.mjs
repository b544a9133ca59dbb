/**
 * What it costs that programs can follow connections by node:diagnostics_channel: while nobody does, and when somebody
 * does. Only this library takes part: the channels are its own.
 */
import { tracingChannel } from 'node:diagnostics_channel';
import { once } from 'node:events';

/** The looks that one connection takes: handshake, verification, credential and close. */
const LOOKS = 4;
const OF_A_CONNECTION = ['handshake', 'verification', 'credential', 'close'];

/** @param {import('../run.mjs').Bench} bench */
export async function run({ identity, clients, peer, figures, rounds, sliceMs }) {
  const ours = clients.find(({ name }) => name === 'ours');
  if (ours === undefined) return;
  const { Operation } = await import('#lib/base/trace/operation.js');
  const operation = new Operation('bench');
  const look = figures.get('tracing.look', 'a look at a channel that nobody follows', 'ns');
  const silent = figures.get('tracing.silent', 'a connection that nobody follows', 'µs');
  const followed = figures.get('tracing.followed', 'a connection that is followed', 'µs');
  const share = figures.get('tracing.share', `${LOOKS} looks in a connection that nobody follows`, '%');
  const secureContext = ours.createSecureContext({ ca: identity.ca });
  const options = { port: peer.port, host: '127.0.0.1', servername: 'localhost', secureContext };
  const connections = () => microsecondsOf(sliceMs, () => connectAndClose(ours.connect, options));
  const measure = async () => {
    const lookNs = nanosecondsOfALook(operation, sliceMs);
    const silentUs = await connections();
    const followedUs = await whileFollowed(connections);
    return { lookNs, silentUs, followedUs };
  };
  await rounds([{ name: 'ours', measure }], (name, { lookNs, silentUs, followedUs }) => {
    look.add(name, lookNs);
    silent.add(name, silentUs);
    followed.add(name, followedUs);
    share.add(name, (LOOKS * lookNs) / (silentUs * 10));
  });
}

function nanosecondsOfALook(operation, sliceMs) {
  const nothing = () => undefined;
  const end = process.hrtime.bigint() + BigInt(sliceMs) * 1_000_000n;
  const start = process.hrtime.bigint();
  let count = 0;
  let now;
  do {
    for (let i = 0; i < 1000; i++) operation.begin(nothing, nothing);
    count += 1000;
    now = process.hrtime.bigint();
  } while (now < end);
  return Number(now - start) / count;
}

async function microsecondsOf(sliceMs, work) {
  const start = process.hrtime.bigint();
  const end = start + BigInt(sliceMs) * 1_000_000n;
  let count = 0;
  do {
    await work();
    count++;
  } while (process.hrtime.bigint() < end);
  return Number(process.hrtime.bigint() - start) / count / 1000;
}

async function connectAndClose(connect, options) {
  const socket = connect(options);
  await once(socket, 'secureConnect');
  socket.destroy();
  await once(socket, 'close');
}

async function whileFollowed(work) {
  const hear = () => undefined;
  const subscribers = { start: hear, end: hear, asyncStart: hear, asyncEnd: hear, error: hear };
  const channels = OF_A_CONNECTION.map((name) => tracingChannel(`schannel.${name}`));
  for (const channel of channels) channel.subscribe(subscribers);
  try {
    return await work();
  } finally {
    for (const channel of channels) channel.unsubscribe(subscribers);
  }
}
