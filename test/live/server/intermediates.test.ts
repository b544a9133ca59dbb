import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, releaseUnusedResources } from 'schannel';
import type { TestAuthority } from '../../support/certificates.js';
import { needsPeer, startPeer, type Peer } from '../../support/peers.js';
import { SchannelServer, serverRoot } from '../../support/schannel-server.js';
import { skip } from '../../support/skip.js';
import { localhostIdentity } from '../../support/tls-server.js';
import { needsVersion, onWine } from '../../support/windows.js';

describe('intermediates reach the peer, and the root does not', () => {
  let peer: Peer | null = null;
  let root: TestAuthority;
  let intermediate: TestAuthority;
  before(async function () {
    await needsPeer(this, 'openssl');
    if (onWine()) skip(this, 'Wine sends only the leaf');
    root = await serverRoot();
    intermediate = await root.authority('CN=schannel intermediate on the wire');
  });
  afterEach(async () => {
    await peer?.stop();
    peer = null;
    await releaseUnusedResources();
  });

  for (const [flag, maxVersion] of [
    ['-tls1_2', 'TLSv1.2'],
    ['-tls1_3', 'TLSv1.3'],
  ] as const) {
    it(`${maxVersion}: of a server, as OpenSSL s_client gets them`, async function () {
      needsVersion(this, maxVersion);
      const { cert, key } = await intermediate.issue({ key: 'rsa' });
      const own = { cert: `${cert}${intermediate.certificate.cert}${root.certificate.cert}`, key };
      const server = await SchannelServer.start({ ...own, maxVersion });
      peer = await startPeer(
        'openssl',
        ['s_client', '-connect', `127.0.0.1:${server.port}`, flag, '-showcerts', '-CAfile', '{file:ca}'],
        { files: { ca: root.certificate.cert } },
      );
      await peer.waitFor(/Verify return code: 0 \(ok\)/);
      assert.equal(peer.output().match(/BEGIN CERTIFICATE/g)?.length, 2);
      assert.match(peer.output(), / 1 s:CN = schannel intermediate on the wire/);
      await server.close();
    });

    it(`${maxVersion}: of a client, as OpenSSL s_server gets them`, async function () {
      needsVersion(this, maxVersion);
      const { certificate, ca } = await localhostIdentity();
      const { cert, key } = await intermediate.issue({ key: 'rsa', usages: ['clientAuth'] });
      peer = await startPeer(
        'openssl',
        [
          ...['s_server', '-port', '{port}', '-cert', '{file:cert}', '-key', '{file:key}', flag],
          ...['-Verify', '3', '-verify_return_error', '-CAfile', '{file:ca}'],
        ],
        { files: { cert: certificate.cert, key: certificate.key, ca: root.certificate.cert } },
      );
      await peer.waitFor(/ACCEPT/);
      const socket = connect({
        port: peer.port,
        ...{ host: '127.0.0.1', servername: 'localhost', ca, key },
        cert: `${cert}${intermediate.certificate.cert}`,
      });
      await once(socket, 'secureConnect');
      socket.write('who am I\n');
      await peer.waitFor(/who am I/);
      assert.match(peer.output(), /depth=1 CN = schannel intermediate on the wire\nverify return:1/);
      socket.destroy();
    });
  }
});
