import assert from 'node:assert/strict';
import { once } from 'node:events';
import type tls from 'node:tls';
import { connect, releaseUnusedResources, type ConnectionOptions } from 'schannel';
import { skip } from '../../support/skip.js';
import { startTlsServer, type TlsServer } from '../../support/tls-server.js';
import { onWine } from '../../support/windows.js';

describe('sessions are resumed', () => {
  let server: TlsServer | undefined;
  const reused: boolean[] = [];
  before(async function () {
    if (onWine()) skip(this, 'Wine resumes no sessions');
    server = await startTlsServer((peer: tls.TLSSocket) => {
      reused.push(peer.isSessionReused());
      peer.end('a word');
    });
  });
  afterEach(async () => {
    reused.length = 0;
    await releaseUnusedResources();
  });
  after(() => server?.close());

  /** Connects and reads to the end, so that tickets are there. @returns whether the session was resumed */
  async function meet(options: ConnectionOptions): Promise<boolean> {
    assert.ok(server);
    const socket = connect({ port: server.port, ca: server.ca, ...options });
    await once(socket, 'secureConnect');
    const resumed = socket.isSessionReused();
    await once(socket.resume(), 'close');
    return resumed;
  }

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`with a server that was met before, over ${maxVersion}`, async () => {
      const both = [await meet({ maxVersion }), await meet({ maxVersion })];
      assert.deepEqual(both, [false, true]);
      assert.deepEqual(reused, [false, true]);
    });

    it(`never under another name, over ${maxVersion}`, async () => {
      const named = { maxVersion, rejectUnauthorized: false };
      const both = [
        await meet({ ...named, servername: 'localhost' }),
        await meet({ ...named, servername: 'other.example' }),
      ];
      assert.deepEqual(both, [false, false]);
      assert.deepEqual(reused, [false, false]);
    });
  }

  it('never with another configuration', async () => {
    const both = [
      await meet({ maxVersion: 'TLSv1.2' }),
      await meet({ maxVersion: 'TLSv1.2', requestOCSP: true }),
    ];
    assert.deepEqual(both, [false, false]);
    assert.deepEqual(reused, [false, false]);
  });

  it('never where a function chooses the certificate', async () => {
    const certificate = (): null => null;
    const both = [await meet({ certificate }), await meet({ certificate })];
    assert.deepEqual(both, [false, false]);
    assert.deepEqual(reused, [false, false]);
  });
});
