import assert from 'node:assert/strict';
import { once } from 'node:events';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { schannelWs } from 'schannel/ws';
import { WebSocket, WebSocketServer } from 'ws';
import { nodeConnect } from '../../../support/node-connect.js';
import { localhostIdentity } from '../../../support/tls-server.js';

describe('adapters/libraries/ws', () => {
  let server: https.Server;
  let ca: string;
  let port: number;
  before(async () => {
    const identity = await localhostIdentity();
    ca = identity.ca;
    const { cert, key } = identity.certificate;
    server = https.createServer({ cert, key });
    new WebSocketServer({ server }).on('connection', (socket) => {
      socket.on('message', (data: Buffer) => socket.send(data));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  after(() => server.close());

  it('ws opens its connection by it, with its own options and the name of the host', async () => {
    const { connect, calls } = nodeConnect(ca);
    const options = schannelWs({ certificate: { subject: 'anna' }, minVersion: 'TLSv1.3' }, connect);
    const socket = new WebSocket(`wss://localhost:${port}/path`, {
      ...options,
      handshakeTimeout: 60_000,
      minVersion: 'TLSv1.2',
    });
    await once(socket, 'open');
    socket.send('hello');
    assert.equal(String((await once(socket, 'message'))[0]), 'hello');
    const { path, servername, host, certificate, minVersion } = calls[0] ?? {};
    assert.deepEqual(
      { path, servername, host, certificate, minVersion },
      {
        path: undefined,
        servername: 'localhost',
        host: 'localhost',
        certificate: { subject: 'anna' },
        minVersion: 'TLSv1.3',
      },
    );
    socket.close();
    await once(socket, 'close');
  });

  it('sends no name for an address, and fails for a server without TLS', async () => {
    const { connect, calls } = nodeConnect(ca);
    const socket = new WebSocket(`wss://127.0.0.1:${port}/`, schannelWs({}, connect));
    socket.on('error', () => undefined);
    assert.equal(calls[0]?.['servername'], undefined);
    socket.terminate();
    await new Promise((resolve) => socket.once('close', resolve));
    const clear = new WebSocket(`ws://127.0.0.1:${port}/`, schannelWs({}, connect));
    await assert.rejects(once(clear, 'open'), /wss:/);
    assert.equal(calls.length, 1);
  });
});
