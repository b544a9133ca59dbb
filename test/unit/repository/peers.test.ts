import assert from 'node:assert/strict';
import net from 'node:net';
import { needsPeer, startPeer } from '../../support/peers.js';

describe('peers', () => {
  before(async function () {
    await needsPeer(this, 'openssl');
  });

  it('feeds standard input and returns standard output and the exit code', async () => {
    const peer = await startPeer('openssl', ['dgst', '-sha256', '-r']);
    peer.stdin.end('abc');
    const [, digest] = await peer.waitFor(/^(\w{64}) /);
    assert.equal(digest, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    assert.deepEqual(await peer.exited, { code: 0, signal: null });
    await peer.stop();
  });

  it('passes files by path', async () => {
    const peer = await startPeer('openssl', ['dgst', '-sha256', '-r', '{file:text}'], {
      files: { text: 'abc' },
    });
    await peer.waitFor(/^ba7816bf8f01cfea/);
    assert.deepEqual(await peer.exited, { code: 0, signal: null });
    await peer.stop();
  });

  it('rejects what can no longer be printed, with all that was', async () => {
    const peer = await startPeer('openssl', ['unheard-of']);
    await assert.rejects(peer.waitFor(/never/), /ended before it printed \/never\/:\n[^]*unheard-of/);
    assert.notEqual((await peer.exited).code, 0);
    await peer.stop();
  });

  it('gives a server a free port and ends it on stop()', async () => {
    const peer = await startPeer('openssl', [
      's_server',
      '-accept',
      '127.0.0.1:{port}',
      '-nocert',
      '-no_tls1_3',
    ]);
    await peer.waitFor(/ACCEPT/);
    await connectOnce(peer.port);
    await peer.stop();
    await assert.rejects(connectOnce(peer.port), { code: 'ECONNREFUSED' });
  });

  it('starts nothing that is not on the list', async () => {
    await assert.rejects(startPeer('sh', ['-c', 'true']), /not on the list of peers/);
  });
});

function connectOnce(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
