import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { connect, createServer } from 'schannel';
import * as http2 from 'schannel/http2';
import { listenOn } from '../../support/https.js';
import { localhostServer } from '../../support/schannel-server.js';

/** What libuv is told from now on of Nagle's algorithm for this connection. */
function toldOf(socket: net.Socket): boolean[] {
  const { _handle: handle } = socket as unknown as { _handle: { setNoDelay(on: boolean): number } };
  const told: boolean[] = [];
  const setNoDelay = handle.setNoDelay.bind(handle);
  handle.setNoDelay = (on) => {
    told.push(on);
    return setNoDelay(on);
  };
  return told;
}

describe("Nagle's algorithm", () => {
  for (const [protocol, told] of [
    ['h2', [true]],
    ['http/1.1', []],
  ] as const) {
    it(`${protocol}: a client's connection hears ${told.length === 0 ? 'nothing of it' : 'that it is off'}`, async () => {
      const { cert, key } = await localhostServer();
      const peer = await listenOn(tls.createServer({ cert, key, ALPNProtocols: [protocol] }));
      const raw = net.connect(peer.port, '127.0.0.1');
      await once(raw, 'connect');
      const heard = toldOf(raw);
      const socket = connect({
        socket: raw,
        ca: peer.ca,
        servername: 'localhost',
        ALPNProtocols: [protocol],
      });
      await once(socket, 'secureConnect');
      assert.deepEqual(heard, told);
      socket.destroy();
      await peer.close();
    });

    it(`${protocol}: a server's connection hears ${told.length === 0 ? 'nothing of it' : 'that it is off'}`, async () => {
      const { cert, key } = await localhostServer();
      const server = createServer({ cert, key, ALPNProtocols: [protocol] });
      const peer = await listenOn(server);
      const heard = new Promise<boolean[]>((resolve) => {
        server.prependOnceListener('connection', (raw: net.Socket) => {
          const of = toldOf(raw);
          server.once('secureConnection', () => resolve(of));
        });
      });
      const client = tls.connect({
        port: peer.port,
        ca: peer.ca,
        servername: 'localhost',
        ALPNProtocols: [protocol],
      });
      assert.deepEqual(await heard, told);
      client.destroy();
      await peer.close();
    });
  }

  it('is off from the start for a server of HTTP/2, unless it wants it', async () => {
    const { cert, key } = await localhostServer();
    const isOff = (server: net.Server) => (server as unknown as { noDelay: boolean }).noDelay;
    assert.equal(isOff(http2.createSecureServer({ cert, key })), true);
    assert.equal(isOff(http2.createSecureServer({ cert, key, noDelay: false })), false);
  });
});
