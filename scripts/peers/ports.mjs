import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';

/** First and last of the ports that the kernel chooses from. */
const SETTING = '/proc/sys/net/ipv4/ip_local_port_range';

/**
 * Ports of 127.0.0.1 for programs that have to be told theirs: free, and theirs until they are released. The kernel
 * gives them to nobody who asks for any port, so none is lost before its program has bound it. A name with the
 * number, which goes with this process, keeps other processes that do the same away.
 * @param {number} count
 * @param {[number, number]} [range] the first they may be, and the one behind the last
 * @returns {Promise<{ ports: number[], release: () => void }>}
 */
export async function keepPorts(count, [first, end] = rangeOf(readFileSync(SETTING, 'utf8'))) {
  const names = [];
  const ports = [];
  while (ports.length < count) {
    const port = randomInt(first, end);
    const name = await listen({ path: `\0schannel-port-${port}` });
    if (name === null) continue;
    names.push(name);
    if (await isFree(port)) ports.push(port);
  }
  return { ports, release: () => names.splice(0).forEach((name) => name.close()) };
}

const LOWEST = 1024;
const HIGHEST = 65535;
const ENOUGH = 1000;

/**
 * Ports outside of those that the kernel chooses from, if there are some.
 * @param {string} chosen first and last of those
 * @returns {[number, number]} the first, and the one behind the last
 */
export function rangeOf(chosen) {
  const [first, last] = chosen.trim().split(/\s+/).map(Number);
  if (first - LOWEST >= ENOUGH) return [Math.max(LOWEST, first - 10 * ENOUGH), first];
  if (HIGHEST - last >= ENOUGH) return [last + 1, HIGHEST + 1];
  return [LOWEST, HIGHEST + 1];
}

async function isFree(port) {
  const server = await listen({ port, host: '127.0.0.1' });
  if (server === null) return false;
  server.close();
  await once(server, 'close');
  return true;
}

/** A server that listens there, or null where another one does. */
function listen(where) {
  const server = net.createServer().unref();
  return new Promise((resolve, reject) => {
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(null) : reject(error)));
    server.listen(where, () => resolve(server));
  });
}
