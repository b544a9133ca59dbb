/** A server in a separate process. It only accepts connections, and reports its size on request. */
import { setImmediate } from 'node:timers/promises';
import { loadServers } from '../contestants.mjs';
import { residentSize } from './resident-size.mjs';

process.once('message', async ({ name, options }) => {
  const [{ createServer }] = await loadServers([name]);
  const sockets = new Set();
  const server = createServer(options, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    socket.resume();
  });
  server.on('tlsClientError', () => undefined); // clients leave without a word
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () =>
    process.send({ port: server.address().port }),
  );
  // `open` is how many connections there must be. Clients know about theirs before the server does.
  process.on('message', async ({ open }) => {
    while (sockets.size !== open) await setImmediate();
    const handles = name === 'ours' ? await contextsLeft(open) : null;
    process.send({ bytes: await residentSize(), handles });
  });
});
process.once('disconnect', () => process.exit());

/** Native contexts, after workers have released those of closed connections. */
async function contextsLeft(open) {
  const { native } = await import('#lib/native/load.js');
  for (let turn = 0; turn < 10_000 && native().handleCounts().contexts > open; turn++) await setImmediate();
  return native().handleCounts().contexts;
}
