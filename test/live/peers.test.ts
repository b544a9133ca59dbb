import assert from 'node:assert/strict';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { needsPeer, startPeer } from '../support/peers.js';

describe('peers beside Windows', () => {
  before(async function () {
    await needsPeer(this, 'openssl');
  });

  it('listen where Windows can reach them', async () => {
    const peer = await startPeer('openssl', [
      's_server',
      '-accept',
      '127.0.0.1:{port}',
      '-nocert',
      '-tls1_2',
    ]);
    await peer.waitFor(/ACCEPT/);
    const socket = net.connect(peer.port, '127.0.0.1');
    socket.end('GET / HTTP/1.1\r\n\r\n');
    await text(socket);
    const [complaint] = await peer.waitFor(/http request|wrong version number/i);
    assert.ok(complaint);
    await peer.stop();
  });
});
