import assert from 'node:assert/strict';
import { needsPeer, startPeer } from '../../support/peers.js';
import { SchannelServer } from '../../support/schannel-server.js';
import { needsVersion } from '../../support/windows.js';

describe('sslscan at a server', () => {
  let server: SchannelServer;
  let report: string;
  before(async function () {
    await needsPeer(this, 'sslscan');
    server = await SchannelServer.start();
    const peer = await startPeer('sslscan', ['--no-colour', `localhost:${server.port}`]);
    await peer.exited;
    report = peer.output().replace(/ +/g, ' ');
  });
  after(() => server.close());

  for (const version of ['SSLv2', 'SSLv3', 'TLSv1.0', 'TLSv1.1'] as const) {
    it(`finds no ${version}`, () => {
      assert.match(report, new RegExp(`^${version} disabled$`, 'm'));
    });
  }
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`finds ${version}, with forward secrecy first`, function () {
      needsVersion(this, version);
      assert.match(report, new RegExp(`^${version} enabled$`, 'm'));
      assert.match(report, new RegExp(`^Preferred ${version} .* Curve 25519 DHE 253$`, 'm'));
      assert.match(report, new RegExp(`^${version} not vulnerable to heartbleed$`, 'm'));
    });
  }
  it('finds no suite that is broken', () => {
    assert.match(report, /^Accepted /m);
    assert.doesNotMatch(report, /NULL|EXPORT|RC4|DES|MD5|anon/i);
  });
  it('scans a server that chooses by name, which still works afterwards', async () => {
    assert.match(report, /using SNI name localhost/);
    const client = await server.opened();
    client.destroy();
  });
});
