import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { errorCode } from '../../base/errors/error-code.js';
import { printable } from '../../base/text/printable.js';

/** How long a server may take to say what it is. */
const PATIENCE_MS = 2000;

/**
 * Who has a port: tries to take it, and asks the server that answers there what it is.
 *
 * @param address to listen on; '' for all
 * @returns a sentence without its end; null if the port is free
 */
export async function portOwner(port: number, address: string): Promise<string | null> {
  const code = await attempt(port, address);
  if (code === null) return null;
  if (code === 'EADDRNOTAVAIL') return 'This machine does not have the address';
  const server = await serverAt(port, address === '' ? '127.0.0.1' : address);
  if (/^Microsoft-(HTTPAPI|IIS)/i.test(server ?? '')) {
    return `Windows has it (http.sys, ${printable(server ?? '', 60)}): IIS, or another service behind it`;
  }
  if (server !== null) return `Another server has it: ${printable(server, 60)}`;
  if (code === 'EACCES') return 'Windows does not permit it, or http.sys has reserved it';
  return 'Another program has it';
}

/** @returns the code of the failure; null if the port could be taken */
async function attempt(port: number, address: string): Promise<string | null> {
  const server = net.createServer();
  try {
    server.listen({ port, ...(address !== '' && { host: address }), exclusive: true });
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return null;
  } catch (error) {
    return errorCode(error);
  }
}

/** The `Server` header of what answers there; null if nothing does, or it has none. */
function serverAt(port: number, host: string): Promise<string | null> {
  return new Promise((resolve) => {
    const request = http.request({ host, port, method: 'HEAD', timeout: PATIENCE_MS, agent: false });
    request.once('response', (response) => {
      const server: unknown = response.headers['server'];
      resolve(typeof server === 'string' ? server : null);
      response.destroy();
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(null));
    request.end();
  });
}
