/**
 * An HTTPS or HTTP/2 server in a separate process. `/N` is answered with N bytes. It counts the requests and the CPU
 * time of a slice itself, so handshakes and the start of the load are not in them.
 */
import { setTimeout } from 'node:timers/promises';
import { assertProtocol, loadWebServers, protocol } from '../contestants.mjs';

/** Of Node's own servers. Schannel's accept no list of suites, and choose this one for clients that offer it. */
const { ciphers, ...versions } = protocol;

let requests = 0;
let open = 0;
let changed = () => undefined;

process.once('message', async ({ name, group, identity, sizes }) => {
  const { cert, key } = identity;
  const bodies = new Map(sizes.map((size) => [`/${size}`, Buffer.alloc(size, 'schannel')]));
  const [{ createServer }] = await loadWebServers([name], group);
  const server = createServer({ ...versions, ...(name === 'node' && { ciphers }), cert, key });
  server.on('request', (request, response) => {
    requests++;
    const body = bodies.get(request.url);
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': body.length });
    response.end(body);
    changed();
  });
  server.on('secureConnection', (socket) => {
    assertProtocol(socket);
    open++;
    socket.once('close', () => {
      open--;
      changed();
    });
  });
  // The load ends without a word.
  server.on('clientError', (error, socket) => socket.destroy()).on('sessionError', () => undefined);
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () =>
    process.send({ port: server.address().port }),
  );
  process.on('message', async ({ connections, milliseconds }) => {
    // Everybody is served before the slice begins, and has gone before the next one.
    await until(() => open === connections);
    const before = requests;
    await until(() => requests >= before + connections);
    process.send(milliseconds > 0 ? await slice(milliseconds) : {});
  });
});
process.once('disconnect', () => process.exit());

async function slice(milliseconds) {
  const before = requests;
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  // A short one goes on until there is something to divide by.
  await Promise.all([setTimeout(milliseconds), until(() => requests > before)]);
  const { user, system } = process.cpuUsage(cpu);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  return { requests: requests - before, seconds, cpuSeconds: (user + system) / 1e6 };
}

async function until(isSo) {
  while (!isSo()) {
    await new Promise((resolve) => {
      changed = resolve;
    });
  }
  changed = () => undefined;
}
