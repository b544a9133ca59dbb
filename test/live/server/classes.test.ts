import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { createRequire } from 'node:module';
import type * as Schannel from 'schannel';
import { localhostServer, serverRoot, textOf } from '../../support/schannel-server.js';

describe('the classes of the package', () => {
  // The module object itself, whose properties programs replace.
  const schannel = createRequire(__filename)('schannel') as {
    -readonly [Name in keyof typeof Schannel]: (typeof Schannel)[Name];
  };

  it('can be called without new', () => {
    const { Server, TLSSocket } = schannel;
    const server = Server({}, () => undefined);
    assert.ok(server instanceof Server && server instanceof net.Server);
    assert.equal(server.constructor, Server);
    const socket = TLSSocket();
    assert.ok(socket instanceof TLSSocket && socket instanceof net.Socket);
    assert.equal(socket.constructor, TLSSocket);
    socket.destroy();
  });

  it('serve as those that are inherited from', async () => {
    const { cert, key } = await localhostServer();
    class Greeter extends schannel.Server {
      constructor() {
        super({ cert, key });
        this.on('secureConnection', (socket: Schannel.TLSSocket) => socket.end('hello'));
      }
    }
    const server = new Greeter().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const client = schannel.connect({ port, host: 'localhost', ca: (await serverRoot()).certificate.cert });
    assert.equal(await textOf(client), 'hello');
    server.close();
    await once(server, 'close');
  });

  it('make their contexts by the createSecureContext() that is exported', () => {
    const { createSecureContext } = schannel;
    const asked: unknown[] = [];
    schannel.createSecureContext = (options) => {
      asked.push(options?.minVersion);
      return createSecureContext(options);
    };
    try {
      const server = schannel.createServer({ minVersion: 'TLSv1.2' });
      server.addContext('a.test', { minVersion: 'TLSv1.3' });
      schannel
        .connect({ port: 1, minVersion: 'TLSv1.1' })
        .on('error', () => undefined)
        .destroy();
    } finally {
      schannel.createSecureContext = createSecureContext;
    }
    assert.deepEqual(asked, ['TLSv1.2', 'TLSv1.3', 'TLSv1.1']);
  });
});
