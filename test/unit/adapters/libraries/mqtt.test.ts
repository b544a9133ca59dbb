import assert from 'node:assert/strict';
import { once } from 'node:events';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, connectAsync } from 'schannel/mqtt';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { nodeConnect } from '../../../support/node-connect.js';
import { localhostIdentity, startTlsServer, type TlsServer } from '../../../support/tls-server.js';

/** As much of a broker as a client needs to be connected: CONNACK, and the CONNECT that came. */
function serve(stream: Duplex, got: Buffer[] = []): void {
  stream.once('data', (data: Buffer) => {
    got.push(data);
    stream.write(Buffer.of(0x20, 2, 0, 0));
  });
  stream.on('error', () => undefined);
}

describe('adapters/libraries/mqtt', () => {
  const got: Buffer[] = [];
  const open: Duplex[] = [];
  let broker: TlsServer;
  before(async () => {
    broker = await startTlsServer((socket) => {
      open.push(socket);
      serve(socket, got);
    });
  });
  after(() => broker.close());

  it('connects a client of MQTT.js, and again when the connection is lost', async () => {
    const { connect: open_, calls } = nodeConnect(broker.ca);
    const client = await connectAsync(
      `mqtts://anna:s%40crt@localhost:${broker.port}`,
      { clientId: 'door', reconnectPeriod: 1, certificate: { subject: 'door' } },
      open_,
    );
    const hello = got[0]?.toString('latin1') ?? '';
    for (const part of ['MQTT', 'door', 'anna', 's@crt']) assert.ok(hello.includes(part), part);
    const again = new Promise((resolve) => client.once('connect', resolve));
    open[0]?.destroy();
    await again;
    assert.deepEqual(
      calls.map(({ host, port, certificate }) => ({ host, port, certificate })),
      Array(2).fill({ host: 'localhost', port: broker.port, certificate: { subject: 'door' } }),
    );
    await client.endAsync();
  });

  it('says why a connection could not be secured', async () => {
    const { connect: open_ } = nodeConnect('');
    const url = `mqtts://localhost:${broker.port}`;
    await assert.rejects(connectAsync(url, { reconnectPeriod: 0 }, open_), {
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
    // Without a listener it is no reason to end the program.
    const client = connect(url, { reconnectPeriod: 0 }, open_);
    await new Promise<void>((resolve) => client.once('close', resolve));
    await client.endAsync();
  });

  it('does not wait for a broker that hangs up, and leaves no listeners', async () => {
    const mute = await startTlsServer((socket) => socket.end());
    const { connect: open_ } = nodeConnect(mute.ca);
    const url = `mqtts://localhost:${mute.port}`;
    await assert.rejects(connectAsync(url, { reconnectPeriod: 0 }, open_), { code: 'ECONNRESET' });
    await mute.close();

    const { connect: again } = nodeConnect(broker.ca);
    const options = { reconnectPeriod: 0 };
    const client = await connectAsync(`mqtts://localhost:${broker.port}`, options, again);
    const events = ['error', 'close', 'connect'] as const;
    const plain = connect(`mqtts://localhost:${broker.port}`, options, again);
    assert.deepEqual(
      events.map((event) => client.listenerCount(event)),
      events.map((event) => plain.listenerCount(event)),
    );
    await Promise.all([client.endAsync(), plain.endAsync(true)]);
  });

  it('speaks MQTT over WebSockets', async () => {
    const { certificate, ca } = await localhostIdentity();
    const server = https.createServer({ cert: certificate.cert, key: certificate.key });
    new WebSocketServer({ server }).on('connection', (socket) => serve(createWebSocketStream(socket)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { connect: open_, calls } = nodeConnect(ca);
    const url = `wss://localhost:${(server.address() as AddressInfo).port}/mqtt`;
    const client = await connectAsync(url, { certificate: { subject: 'door' } }, open_);
    assert.deepEqual(calls[0]?.['certificate'], { subject: 'door' });
    await client.endAsync();
    server.close();
  });

  it('refuses what it would not honour', () => {
    assert.throws(() => connect('mqtt://localhost'), { code: 'ERR_INVALID_ARG_VALUE' });
    for (const name of ['servers', 'socksProxy']) {
      assert.throws(() => connect('mqtts://localhost', { [name]: [] }), { code: 'ERR_INVALID_ARG_VALUE' });
    }
  });
});
