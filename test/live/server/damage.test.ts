import assert from 'node:assert/strict';
import { once } from 'node:events';
import { duplexPair, type Duplex } from 'node:stream';
import tls from 'node:tls';
import { createServer, type Server, type TLSSocket } from 'schannel';
import { watch } from '../../support/outcome.js';
import { headerOf, record } from '../../support/records.js';
import { localhostServer, serverRoot, textOf } from '../../support/schannel-server.js';

describe('a client of a server that', () => {
  let ca: string;
  const servers = new Map<string, Server>();
  before(async () => {
    ca = (await serverRoot()).certificate.cert;
    const { cert, key } = await localhostServer();
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
      servers.set(maxVersion, createServer({ cert, key, maxVersion }));
  });

  /** A connection that is secure on both sides, and the client's end of what is beneath it. */
  async function meet(version: string): Promise<{ socket: TLSSocket; near: Duplex }> {
    const [near, far] = duplexPair();
    const server = servers.get(version);
    assert.ok(server);
    const connected = once(server, 'secureConnection') as Promise<[TLSSocket]>;
    server.emit('connection', far);
    const client = tls.connect({ socket: near, servername: 'localhost', ca }).on('error', () => undefined);
    await once(client, 'secureConnect');
    const [socket] = await connected;
    client.write('whole');
    assert.equal(String((await once(socket, 'data'))[0]), 'whole');
    return { socket, near };
  }

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    describe(`over ${version}`, () => {
      for (const [what, bytes, code] of [
        [
          'sends a record that fails its check',
          record(23, Buffer.alloc(60, 7)),
          'ERR_SCHANNEL_PEER_CORRUPT_RECORD',
        ],
        ['sends what is no record', Buffer.from('plain text'), 'ERR_SCHANNEL_PEER_RECORD_INVALID'],
        [
          'sends a record that is too long',
          headerOf(23, 0x4801 + 0x800),
          'ERR_SCHANNEL_PEER_RECORD_OVERFLOW',
        ],
      ] as const) {
        it(`${what}: an error, and nothing of it is given out`, async () => {
          const { socket, near } = await meet(version);
          const data: unknown[] = [];
          socket.on('data', (chunk) => data.push(chunk));
          const outcome = watch(socket);
          near.write(bytes);
          await outcome.closed;
          assert.deepEqual(
            outcome.errors.map((error) => error.code),
            [code],
          );
          assert.deepEqual(data, []);
        });
      }

      it('ends in the middle of a record: an error', async () => {
        const { socket, near } = await meet(version);
        const outcome = watch(socket);
        socket.resume();
        near.end(record(23, Buffer.alloc(60)).subarray(0, 30));
        await outcome.closed;
        assert.deepEqual(
          outcome.errors.map((error) => error.code),
          ['ERR_SCHANNEL_PEER_TRUNCATED'],
        );
      });

      it('ends without close_notify: told by truncated', async () => {
        const { socket, near } = await meet(version);
        near.end();
        assert.equal(await textOf(socket), '');
        assert.equal(socket.truncated, true);
      });
    });
  }
});
