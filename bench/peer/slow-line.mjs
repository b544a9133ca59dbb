/**
 * A long way to a server, as a peer: `slow-line.mjs PORT SERVER MILLISECONDS` listens on the port, and passes on what
 * arrives, in both directions and as much later. It prints "ready" once it listens. TCP's handshake is not delayed,
 * because only the kernel sees it.
 */
import * as net from 'node:net';

const [port, server, milliseconds] = process.argv.slice(2).map(Number);
const ends = { host: '127.0.0.1', allowHalfOpen: true, noDelay: true };

net
  .createServer({ ...ends }, (near) => {
    const far = net.connect({ ...ends, port: server });
    carry(near, far);
    carry(far, near);
  })
  .listen({ port, host: '127.0.0.1', backlog: 1024 }, () => console.log('ready'));

/** Timers of the same length fire in the order in which they were set. */
function carry(from, to) {
  from.on('data', (chunk) => setTimeout(() => to.writable && to.write(chunk), milliseconds));
  from.once('end', () => setTimeout(() => to.writable && to.end(), milliseconds));
  from.on('error', () => undefined);
  from.once('close', (isError) => isError && setTimeout(() => to.resetAndDestroy(), milliseconds));
}
