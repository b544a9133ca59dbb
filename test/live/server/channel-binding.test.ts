import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { TLSSocket } from 'schannel';
import { localhostServer, SchannelServer } from '../../support/schannel-server.js';
import { skip } from '../../support/skip.js';
import { needsVersion, onWine } from '../../support/windows.js';

describe('channel bindings of a server', () => {
  let server: SchannelServer | null = null;
  afterEach(async () => {
    await server?.close();
    server = null;
  });

  async function meet(maxVersion: 'TLSv1.2' | 'TLSv1.3') {
    server = await SchannelServer.start({ maxVersion });
    const connected = once(server.server, 'secureConnection') as Promise<[TLSSocket]>;
    const client = await server.opened();
    const [socket] = await connected;
    return { client, socket };
  }

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`${version}: tls-server-end-point is the hash of the certificate that it shows`, async function () {
      if (onWine()) skip(this, "Wine looks for it in the peer's certificate only");
      needsVersion(this, version);
      const { client, socket } = await meet(version);
      const expected = createHash('sha256')
        .update((await localhostServer()).der)
        .digest();
      assert.deepEqual(socket.getChannelBinding('tls-server-end-point'), expected);
      client.destroy();
    });
  }

  it('tls-unique is the first Finished, as the client has it', async () => {
    const { client, socket } = await meet('TLSv1.2');
    // RFC 5929 §3.1: in a full handshake the client's.
    assert.deepEqual(socket.getChannelBinding('tls-unique'), client.getFinished());
    client.destroy();
  });

  it('tls-unique does not exist under TLS 1.3', async function () {
    needsVersion(this, 'TLSv1.3');
    const { client, socket } = await meet('TLSv1.3');
    assert.equal(socket.getChannelBinding('tls-unique'), null);
    client.destroy();
  });
});
