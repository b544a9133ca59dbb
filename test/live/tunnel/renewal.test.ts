import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { CertificateContents } from '#lib/formats/x509/certificate-contents.js';
import { native } from '#lib/native/load.js';
import { connect, releaseUnusedResources, type TLSSocket } from 'schannel';
import { createTunnel, type TunnelEvents } from 'schannel/tunnel';
import { daysFromNow } from '../../support/certificates.js';
import { handlesBackTo } from '../../support/native-store.js';
import { issueServer, serverRoot, textOf } from '../../support/schannel-server.js';
import { ServerStore } from '../../support/server-store.js';

describe('a tunnel whose certificate is renewed in the store', () => {
  it('shows the new one from then on without a reload, keeps its connections, and ends with its handles', async () => {
    await releaseUnusedResources();
    const atFirst = native().handleCounts();
    const first = await issueServer({ notBefore: daysFromNow(-20) });
    const second = await issueServer({ notBefore: daysFromNow(-2) });
    const store = await ServerStore.create();
    const behind = net.createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(behind, 'listening');
    await store.put(first);
    const tunnel = createTunnel({
      ...{ mode: 'server', accept: '127.0.0.1:0', connect: (behind.address() as net.AddressInfo).port },
      tls: { certificate: { dns: 'localhost', store: store.name } },
    });
    const changed = async (): Promise<Buffer> => {
      const [{ current }] = (await once(tunnel, 'certificate')) as TunnelEvents['certificate'];
      return current.raw;
    };
    const ca = (await serverRoot()).certificate.cert;
    const opened = async (): Promise<TLSSocket> => {
      const socket = connect({ port: tunnel.port ?? 0, host: '127.0.0.1', servername: 'localhost', ca });
      await once(socket, 'secureConnect');
      return socket;
    };
    try {
      const found = changed();
      await tunnel.listen();
      assert.deepEqual(await found, Buffer.from(first.der));
      const early = await opened();
      assert.deepEqual(early.getPeerX509Certificate()?.raw, Buffer.from(first.der));
      const renewed = changed();
      await store.put(second);
      assert.deepEqual(await renewed, Buffer.from(second.der));
      assert.equal(tunnel.status().certificate?.thumbprint, new CertificateContents(second.der).thumbprint);
      const next = await opened();
      assert.deepEqual(next.getPeerX509Certificate()?.raw, Buffer.from(second.der));
      for (const socket of [early, next]) {
        socket.end('still here');
        assert.equal(await textOf(socket), 'still here');
      }
    } finally {
      await tunnel.close();
      behind.close();
      await store.close();
    }
    await releaseUnusedResources();
    await handlesBackTo(atFirst);
  });
});
