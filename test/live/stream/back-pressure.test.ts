import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'schannel';
import { digestOf, digestOfOctets, octets, octetStream } from '../../support/octets.js';
import { memoryServer, startTlsServer } from '../../support/tls-server.js';

const MEBIBYTE = 1024 * 1024;

describe('back-pressure', () => {
  it('a peer that does not read stops the writer', async () => {
    const { transport, far, server, ca } = await memoryServer();
    const socket = connect({ socket: transport, host: 'localhost', ca });
    await Promise.all([once(socket, 'secureConnect'), once(server, 'secure')]);
    far.pause();
    let taken = 0;
    const chunk = octets(64 * 1024);
    const offer = (): void => {
      socket.write(chunk, () => {
        taken += chunk.length;
      });
    };
    for (let count = 0; count < 64; count += 1) offer();
    assert.equal(socket.writableNeedDrain, true);
    await turns(50);
    assert.equal(taken, 0, 'nothing is taken that the transport has not passed on');
    assert.equal(socket.writableLength, 4 * MEBIBYTE);
    assert.ok(transport.writableLength < MEBIBYTE, `${transport.writableLength} bytes of ciphertext wait`);

    server.resume();
    far.resume();
    await once(socket, 'drain');
    assert.equal(taken, 4 * MEBIBYTE);
    assert.equal(socket.writableLength, 0);
    socket.destroy();
  });

  it('a large write is made ciphertext only as far as the transport takes it', async () => {
    const { transport, far, server, ca } = await memoryServer();
    const socket = connect({ socket: transport, host: 'localhost', ca });
    await Promise.all([once(socket, 'secureConnect'), once(server, 'secure')]);
    far.pause();
    const written = new Promise((resolve) => socket.write(octets(8 * MEBIBYTE), resolve));
    await turns(50);
    assert.ok(transport.writableLength < MEBIBYTE, `${transport.writableLength} bytes of ciphertext wait`);
    far.resume();
    server.resume();
    await written;
    socket.destroy();
  });

  it('a consumer that does not read stops the peer', async () => {
    const { transport, server, ca } = await memoryServer();
    const socket = connect({ socket: transport, host: 'localhost', ca });
    await Promise.all([once(socket, 'secureConnect'), once(server, 'secure')]);
    octetStream(8 * MEBIBYTE).pipe(server);
    await turns(100);
    const waiting = socket.readableLength + transport.readableLength;
    assert.ok(waiting > 0 && waiting < MEBIBYTE, `${waiting} bytes wait`);
    assert.equal(transport.isPaused(), true);
    assert.deepEqual(await digestOf(socket), { length: 8 * MEBIBYTE, digest: digestOfOctets(8 * MEBIBYTE) });
  });

  it('pause() and resume() hold and release data over TCP', async () => {
    const server = await startTlsServer((peer) => octetStream(4 * MEBIBYTE).pipe(peer));
    const socket = connect({ port: server.port, ca: server.ca });
    let received = 0;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    await once(socket, 'data');
    for (let round = 0; round < 5; round += 1) {
      socket.pause();
      await turns(20);
      const held = received;
      await turns(20);
      assert.equal(received, held);
      assert.ok(socket.readableLength < MEBIBYTE);
      const next = once(socket, 'data');
      socket.resume();
      await next;
    }
    await once(socket, 'end');
    assert.equal(received, 4 * MEBIBYTE);
    await server.close();
  });

  it('one side that stops does not stop the other', async () => {
    const server = await startTlsServer((peer) => void peer.pipe(peer));
    const socket = connect({ port: server.port, ca: server.ca });
    await once(socket, 'secureConnect');
    octetStream(4 * MEBIBYTE).pipe(socket);
    await turns(50);
    assert.deepEqual(await digestOf(socket), { length: 4 * MEBIBYTE, digest: digestOfOctets(4 * MEBIBYTE) });
    await server.close();
  });
});

/** Lets everything that can happen happen, so many turns of the event loop long. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
