import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import type { TLSSocket } from 'schannel';
import { TestAuthority, type TestCertificate } from '../../support/certificates.js';
import { whileFixed } from '../../support/double.js';
import { needsPeer, startPeer, type Peer } from '../../support/peers.js';
import { SchannelServer, serverRoot } from '../../support/schannel-server.js';
import { skip } from '../../support/skip.js';
import { needsVersion, onWine } from '../../support/windows.js';

describe('a server that asks for a certificate within the connection', () => {
  let authority: TestAuthority;
  let alice: TestCertificate;
  let server: SchannelServer | null = null;
  let peer: Peer | null = null;
  before(async function () {
    await needsPeer(this, 'openssl');
    if (onWine()) skip(this, 'Wine asks for none');
    authority = await TestAuthority.create('CN=clients of a server that asks later');
    alice = await authority.issue({ subject: 'CN=alice', altNames: [], usages: ['clientAuth'] });
  });
  afterEach(async () => {
    await peer?.stop();
    await server?.close();
    peer = server = null;
  });

  const start = async (maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<SchannelServer> =>
    (server = await SchannelServer.start({ maxVersion, ca: authority.certificate.cert }));

  /** OpenSSL s_client, which prints what it gets, and the server's end. */
  async function meet(port: number, ...args: string[]): Promise<{ client: Peer; socket: TLSSocket }> {
    assert.ok(server);
    const connected = once(server.server, 'secureConnection') as Promise<[TLSSocket]>;
    const files = { ca: (await serverRoot()).certificate.cert, cert: alice.cert, key: alice.key };
    peer = await startPeer('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...args], { files });
    const [socket] = await connected;
    await peer.waitFor(/Verify return code/);
    return { client: peer, socket };
  }
  const ALICE = ['-cert', '{file:cert}', '-key', '{file:key}'];

  /** s_client prints only what comes back. What comes back may be within its own lines. */
  async function talk(client: Peer, text: string): Promise<void> {
    client.stdin.write(`${text}\n`);
    await client.waitFor(new RegExp(text));
  }

  for (const [version, pha] of [
    ['TLSv1.2', []],
    ['TLSv1.3', ['-enable_pha']],
  ] as const) {
    it(`${version}: gets the one that the client has`, async function () {
      needsVersion(this, version);
      const { port } = await start(version);
      const { client, socket } = await meet(port, ...pha, ...ALICE);
      await talk(client, 'before');
      assert.deepEqual(socket.getPeerCertificate(), {});
      const { error } = await socket.requestClientCertificate();
      assert.equal(error, null);
      assert.equal(socket.authorized, true);
      assert.deepEqual(socket.getPeerCertificate()?.raw, Buffer.from(alice.der));
      await talk(client, 'behind');
    });

    it(`${version}: goes on with a client that has none`, async function () {
      needsVersion(this, version);
      const { port } = await start(version);
      const { client, socket } = await meet(port, ...pha);
      await talk(client, 'before');
      const { error } = await socket.requestClientCertificate();
      assert.notEqual(error, null);
      assert.equal(socket.authorized, false);
      await talk(client, 'behind');
    });
  }

  it('TLSv1.3: goes on with a client that has not offered it, and says so', async function () {
    needsVersion(this, 'TLSv1.3');
    const { port } = await start('TLSv1.3');
    const { client, socket } = await meet(port, ...ALICE);
    await talk(client, 'before');
    await assert.rejects(socket.requestClientCertificate(), {
      code: 'ERR_SCHANNEL_PEER_POST_HANDSHAKE_AUTH',
    });
    await talk(client, 'behind');
  });

  describe('TLSv1.3: while the client sends data', () => {
    beforeEach(function () {
      needsVersion(this, 'TLSv1.3');
    });

    /** A way on which the server's bytes can wait. */
    async function throughProxy(port: number): Promise<{ proxy: net.Server; hold(): void; release(): void }> {
      let back: net.Socket | null = null;
      let near: net.Socket | null = null;
      const proxy = net.createServer((client) => {
        near = client;
        back = net.connect(port, '127.0.0.1');
        client.pipe(back).pipe(client);
        for (const socket of [client, back]) socket.on('error', () => undefined);
      });
      proxy.listen(0, '127.0.0.1');
      await once(proxy, 'listening');
      return {
        proxy,
        hold: () => {
          if (near) back?.unpipe(near);
        },
        release: () => {
          if (near) back?.pipe(near);
        },
      };
    }

    /** The client's line is with the server before the client has the request. */
    async function cross(): Promise<{
      client: Peer;
      socket: TLSSocket;
      asked: Promise<unknown>;
      data: Promise<unknown>;
    }> {
      const { port } = await start('TLSv1.3');
      const { proxy, hold, release } = await throughProxy(port);
      const { client, socket } = await meet((proxy.address() as AddressInfo).port, '-enable_pha', ...ALICE);
      proxy.close();
      await talk(client, 'before');
      hold();
      const ended = new Promise((resolve) => socket.once('error', resolve).once('data', resolve));
      const asked = socket.requestClientCertificate().catch((error: unknown) => error);
      client.stdin.write('in between\n');
      const data = await Promise.race([ended, asked]);
      release();
      return { client, socket, asked, data: Promise.resolve(data) };
    }

    it('fails where Windows takes no data then', () =>
      whileFixed('lateData', 0, async () => {
        const { asked, socket } = await cross();
        assert.equal(((await asked) as NodeJS.ErrnoException).code, 'ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE');
        assert.equal(socket.destroyed, true);
      }));

    it('loses nothing of it where Windows leaves it', () =>
      whileFixed('lateData', 1, async () => {
        const { client, socket, asked } = await cross();
        await asked;
        await client.waitFor(/in between/);
        await talk(client, 'behind');
        assert.equal(socket.destroyed, false);
      }));
  });
});
