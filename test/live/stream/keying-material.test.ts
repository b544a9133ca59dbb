import assert from 'node:assert/strict';
import { once } from 'node:events';
import type tls from 'node:tls';
import { connect, type TLSSocket } from 'schannel';
import { SchannelServer } from '../../support/schannel-server.js';
import { skip } from '../../support/skip.js';
import { startTlsServer } from '../../support/tls-server.js';
import { needsVersion, onWine } from '../../support/windows.js';

const LABEL = 'EXPORTER-a label of a test';

/** Without a context, with an empty one (RFC 5705 §4 tells them apart up to TLS 1.2), and with some bytes. */
const CONTEXTS = [undefined, Buffer.alloc(0), Buffer.from('a context')];

describe('keying material is that of the peer', () => {
  before(function () {
    if (onWine()) skip(this, 'Wine has no exporter');
  });

  const compare = (ours: TLSSocket, theirs: tls.TLSSocket): void => {
    for (const context of CONTEXTS) {
      const [own, other] = [ours, theirs].map((socket) =>
        socket.exportKeyingMaterial(48, LABEL, context as Buffer),
      );
      assert.deepEqual(own, other);
    }
  };

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`${maxVersion}: of a client`, async function () {
      needsVersion(this, maxVersion);
      const connected: tls.TLSSocket[] = [];
      const server = await startTlsServer((peer) => {
        connected.push(peer);
        peer.write('secure');
      });
      const socket = connect({ port: server.port, ca: server.ca, maxVersion });
      await once(socket, 'data');
      const [peer] = connected;
      assert.ok(peer);
      compare(socket, peer);
      socket.destroy();
      await server.close();
    });

    it(`${maxVersion}: of a server`, async function () {
      needsVersion(this, maxVersion);
      const server = await SchannelServer.start({ maxVersion });
      const connected = once(server.server, 'secureConnection') as Promise<[TLSSocket]>;
      const client = await server.opened();
      const [socket] = await connected;
      compare(socket, client);
      client.destroy();
      await server.close();
    });
  }
});
