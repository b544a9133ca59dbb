import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { TLSSocket as NodeTLSSocket } from 'node:tls';
import { connect } from 'schannel';
import { digestOf, digestOfOctets, octets, octetStream } from '../../support/octets.js';
import { startTlsServer } from '../../support/tls-server.js';

const LARGE = 64 * 1024 * 1024;

describe('transfer', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`${version}: 64 MiB each way at the same time, byte for byte`, async () => {
      let received: ReturnType<typeof digestOf> | undefined;
      const server = await startTlsServer(
        (socket) => {
          received = digestOf(socket);
          octetStream(LARGE).pipe(socket);
        },
        { allowHalfOpen: true },
      );
      const socket = connect({ port: server.port, ca: server.ca, maxVersion: version, allowHalfOpen: true });
      octetStream(LARGE).pipe(socket);
      const expected = { length: LARGE, digest: digestOfOctets(LARGE) };
      assert.deepEqual(await digestOf(socket), expected);
      assert.deepEqual(await received, expected);
      assert.equal(socket.bytesRead, LARGE);
      assert.equal(socket.bytesWritten, LARGE);
      assert.deepEqual(server.errors, []);
      await server.close();
    });

    it(`${version}: one byte a write, in both directions`, async () => {
      const bytes = octets(3000);
      const echo = (peer: NodeTLSSocket): void => {
        peer.on('data', (chunk: Buffer) => {
          for (const byte of chunk) peer.write(Buffer.of(byte));
        });
        peer.on('end', () => peer.end());
      };
      const server = await startTlsServer(echo, { allowHalfOpen: true });
      const socket = connect({ port: server.port, ca: server.ca, maxVersion: version });
      await once(socket, 'secureConnect');
      const received: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => received.push(chunk));
      for (const byte of bytes) {
        // One after the other, so that none is gathered with the next.
        await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
      }
      const ended = once(socket, 'end');
      socket.end();
      await ended;
      assert.deepEqual(Buffer.concat(received), bytes);
      await server.close();
    });

    it(`${version}: many small writes of all sizes at once`, async () => {
      const server = await startTlsServer((peer) => void peer.pipe(peer));
      const socket = connect({ port: server.port, ca: server.ca, maxVersion: version });
      let length = 0;
      for (let size = 1; size <= 2000; size += 1) {
        socket.write(octets(size, length));
        length += size;
      }
      socket.end();
      assert.deepEqual(await digestOf(socket), { length, digest: digestOfOctets(length) });
      await server.close();
    });
  }

  it('chunks at the borders of records and of what is sealed at once', async () => {
    const server = await startTlsServer((peer) => void peer.pipe(peer));
    const socket = connect({ port: server.port, ca: server.ca });
    let length = 0;
    for (const size of [1, 16383, 16384, 16385, 65535, 65536, 65537, 131071, 131072, 131073, 2, 1_000_000]) {
      socket.write(octets(size, length));
      length += size;
    }
    socket.end();
    assert.deepEqual(await digestOf(socket), { length, digest: digestOfOctets(length) });
    await server.close();
  });
});
