import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { TLSSocket } from 'schannel';
import { localhostServer, SchannelServer } from '../../support/schannel-server.js';
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

  it('under TLS 1.3 there is tls-exporter, as the client has it, and no tls-unique', async function () {
    needsVersion(this, 'TLSv1.3');
    const { client, socket } = await meet('TLSv1.3');
    assert.equal(socket.getChannelBinding('tls-unique'), null);
    const exported = client.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));
    // Wine exports nothing.
    assert.deepEqual(socket.getChannelBinding('tls-exporter'), onWine() ? null : exported);
    assert.throws(() => socket.getChannelBinding('tls-other' as 'tls-unique'), {
      code: 'ERR_INVALID_ARG_VALUE',
    });
    client.destroy();
  });
});
