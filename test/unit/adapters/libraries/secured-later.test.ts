import assert from 'node:assert/strict';
import { once } from 'node:events';
import type net from 'node:net';
import { SecuredLater } from '#lib/adapters/libraries/secured-later.js';
import { startPlainServer } from '../../../support/tls-server.js';

/** A connection that needs nothing to be secure, and when its socket is closed. */
async function connected(
  port: number,
): Promise<{ stream: SecuredLater; socket: net.Socket; closed: Promise<unknown> }> {
  const opened = new Promise<{ socket: net.Socket; closed: Promise<unknown>; stream: SecuredLater }>(
    (resolve) => {
      const stream: SecuredLater = new SecuredLater((socket) => {
        const closed = new Promise((done) => socket.once('close', done));
        resolve({ socket, closed, stream });
        return once(socket, 'connect').then(() => socket);
      });
      stream.connect(port, '127.0.0.1');
    },
  );
  const { stream } = await opened;
  await once(stream, 'connect');
  return opened;
}

describe('adapters/libraries/secured-later', () => {
  it('keeps what has not been read when the server closes the connection', async () => {
    const server = await startPlainServer((socket) => socket.end('last words'));
    const { stream, closed } = await connected(server.port);
    await closed;
    const ended = once(stream, 'close');
    assert.equal(String(Buffer.concat((await stream.toArray()) as Buffer[])), 'last words');
    await ended;
    await server.close();
  });

  it('closes with a socket that is closed before its end', async () => {
    const server = await startPlainServer((socket) => socket.resume());
    const { stream, socket } = await connected(server.port);
    const ended = once(stream, 'close');
    socket.destroy();
    await ended;
    assert.ok(stream.destroyed);
    await server.close();
  });
});
