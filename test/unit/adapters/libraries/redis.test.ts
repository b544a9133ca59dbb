import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { schannelRedis } from 'schannel/redis';
import { nodeConnect } from '../../../support/node-connect.js';
import { startTlsServer } from '../../../support/tls-server.js';

describe('adapters/libraries/redis', () => {
  it('secures the connections of ioredis, and each new one', async () => {
    const server = await startTlsServer((socket) => socket.on('data', () => socket.write('+PONG\r\n')));
    const { connect, calls, socket } = nodeConnect(server.ca);
    const client = new Redis({
      host: 'localhost',
      port: server.port,
      family: 4,
      enableReadyCheck: false,
      disableClientInfo: true,
      retryStrategy: () => 1,
      ...schannelRedis({ certificate: { subject: 'anna' } }, connect),
    });
    assert.equal(await client.ping(), 'PONG');
    const again = once(client, 'connect');
    socket()?.destroy();
    await again;
    assert.equal(await client.ping(), 'PONG');
    assert.deepEqual(
      calls,
      Array(2).fill({
        host: 'localhost',
        port: server.port,
        family: 4,
        certificate: { subject: 'anna' },
      }),
    );
    const ended = once(client, 'end');
    client.disconnect();
    await ended;
    await server.close();
  });

  it('refuses what it would not honour', () => {
    for (const options of [
      { sentinels: [{ host: 'a.example', port: 1 }], name: 'x' },
      { path: '/run/redis' },
    ]) {
      assert.throws(() => new Redis({ ...options, ...schannelRedis() }), { code: 'ERR_INVALID_ARG_VALUE' });
    }
  });

  it('ends a client whose options are wrong, rather than let commands wait', async () => {
    const wrong = new TypeError('wrong');
    const connect = (): never => {
      throw wrong;
    };
    const client = new Redis({ lazyConnect: true, ...schannelRedis({}, connect) });
    const failed = once(client, 'error');
    const ended = new Promise((resolve) => client.once('end', resolve));
    await assert.rejects(client.ping(), wrong);
    assert.equal((await failed)[0], wrong);
    await ended;
  });

  it('says why a connection could not be secured', async () => {
    const server = await startTlsServer(() => undefined);
    const { connect } = nodeConnect('');
    const options = { lazyConnect: true, retryStrategy: () => null };
    const client = new Redis({ port: server.port, family: 4, ...options, ...schannelRedis({}, connect) });
    const failed = once(client, 'error');
    await assert.rejects(client.connect());
    assert.equal(((await failed)[0] as NodeJS.ErrnoException).code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    await server.close();
  });
});
