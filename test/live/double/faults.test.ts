import assert from 'node:assert/strict';
import { once } from 'node:events';
import tls from 'node:tls';
import { connect, createServer, releaseUnusedResources, type TLSSocket } from 'schannel';
import { steer } from '../../support/double.js';
import { handlesBackTo, settledCounts } from '../../support/native-store.js';
import { createOwnStore, deleteOwnStore, ownStoreName } from '../../support/own-store.js';
import { skip } from '../../support/skip.js';
import { localhostIdentity, startTlsServer } from '../../support/tls-server.js';
import { onDouble } from '../../support/windows.js';

/** A callback that never comes shows as a handshake that does not end. */
const PATIENCE = 20_000;

/** More than a record. */
const TEXT = Buffer.alloc(20_000, 'schannel');

/**
 * Runs `body` with each allocation of the add-on, and each call of SSPI, failing once. It succeeds, or fails with one
 * of our codes, and every handle is given back. Returns how many there are.
 */
async function withEachFault(body: () => Promise<unknown>): Promise<number> {
  await body();
  const before = await settledCounts();
  for (let number = 1; ; number += 1) {
    steer().fault(number);
    let failure: NodeJS.ErrnoException | undefined;
    try {
      await body();
    } catch (error) {
      failure = error as NodeJS.ErrnoException;
    }
    const met = steer().fault(0);
    if (failure !== undefined) {
      assert.ok(met, failure);
      assert.match(failure.code ?? '', /^ERR_SCHANNEL_/, failure.stack);
    }
    await releaseUnusedResources();
    await handlesBackTo(before, releaseUnusedResources);
    if (!met) return number - 1;
  }
}

/** Writes twice, ends, and reads to the end. Each write is called back once, however the connection ends. */
async function exchange(socket: TLSSocket): Promise<void> {
  let failure: Error | undefined;
  const calls = [0, 0];
  socket.on('error', (error: Error) => (failure ??= error));
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.resume();
  socket.write(TEXT, () => void (calls[0] = (calls[0] ?? 0) + 1));
  socket.write(TEXT, () => void (calls[1] = (calls[1] ?? 0) + 1));
  socket.end();
  await closed;
  assert.deepEqual(calls, [1, 1]);
  if (failure !== undefined) throw failure;
}

describe('an add-on that fails once', () => {
  before(function () {
    if (!onDouble) skip(this, 'only the double fails on demand');
  });
  after(() => {
    if (onDouble) steer().fault(0);
  });

  it('ends a client of TLS 1.3 with an error, or does not harm it', async () => {
    const server = await startTlsServer((peer) => peer.pipe(peer));
    try {
      const { port, ca } = server;
      const count = await withEachFault(() => exchange(connect({ port, ca, handshakeTimeout: PATIENCE })));
      assert.ok(count > 50, String(count));
    } finally {
      await server.close();
    }
  });

  it('ends a connection of a server of TLS 1.2 with an error, or does not harm it', async () => {
    const { certificate, ca } = await localhostIdentity();
    const server = createServer({ ...certificate, maxVersion: 'TLSv1.2', handshakeTimeout: PATIENCE });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    try {
      const count = await withEachFault(async () => {
        const peer = tls.connect({ port, ca, host: '127.0.0.1', servername: 'localhost' });
        peer.on('error', () => undefined);
        const gone = new Promise((resolve) => peer.on('close', resolve));
        peer.on('secureConnect', () => peer.resume().end(TEXT));
        const outcome = await new Promise((resolve) => {
          server.once('tlsClientError', resolve);
          server.once('secureConnection', (socket: TLSSocket) => {
            exchange(socket).then(resolve, resolve);
          });
        });
        server.removeAllListeners('tlsClientError').removeAllListeners('secureConnection');
        peer.destroy();
        await gone;
        if (outcome instanceof Error) throw outcome;
      });
      assert.ok(count > 20, String(count));
    } finally {
      server.close();
    }
  });

  it('fails the list of a store, or does not harm it', async () => {
    const name = ownStoreName();
    const store = await createOwnStore(name);
    try {
      const { certificate } = await localhostIdentity();
      await store.add(certificate.cert);
      const count = await withEachFault(async () => {
        for (const entry of await store.all()) entry.close();
      });
      assert.ok(count > 10, String(count));
    } finally {
      store.close();
      deleteOwnStore(name);
    }
  });
});
