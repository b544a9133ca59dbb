import assert from 'node:assert/strict';
import { runFixture } from '../../support/child.js';
import { needsPeer, startPeer, type Peer } from '../../support/peers.js';
import { localhostServer, serverRoot } from '../../support/schannel-server.js';

describe('FTP with TLS on both channels', () => {
  let peer: Peer;
  before(async function () {
    await needsPeer(this, 'pyftpdlib');
    const { cert, key } = await localhostServer();
    peer = await startPeer('pyftpdlib', ['{port}', '{file:identity}', '{dir}'], {
      files: { identity: key + cert },
    });
    await peer.waitFor(/listening/);
  });
  after(() => peer.stop());

  // By OpenSSL it fails: pyftpdlib closes before it has read the client's close_notify, and node:tls then makes the
  // reset an error of a transfer that is complete.
  it('works by schannel/register, in a program that decodes its sockets and takes their listeners away', async () => {
    const ca = (await serverRoot()).certificate.cert;
    const { stdout, stderr } = await runFixture('ftp-program', {
      args: [Buffer.from(JSON.stringify({ port: peer.port, ca })).toString('base64')],
      flags: ['--require', 'schannel/register'],
    });
    assert.match(stdout, /^\{/, `${stderr}\n${peer.output()}`);
    assert.deepEqual(JSON.parse(stdout), { schannel: true, secure: true, files: [true, true, true] });
  });
});
