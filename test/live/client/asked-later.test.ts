import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type ConnectionOptions, type TLSSocket } from 'schannel';
import { TestAuthority, type TestCertificate } from '../../support/certificates.js';
import { withStored } from '../../support/client-identity.js';
import { whileFixed } from '../../support/double.js';
import { needsPeer, startPeer, type Peer } from '../../support/peers.js';
import { skip } from '../../support/skip.js';
import { localhostIdentity, startTlsServer, type Identity } from '../../support/tls-server.js';
import { needsVersion, onWine } from '../../support/windows.js';

describe('handshakes of a client within its connection', () => {
  let identity: Identity;
  let authority: TestAuthority;
  let alice: TestCertificate;
  let peer: Peer | null = null;
  before(async function () {
    await needsPeer(this, 'openssl');
    if (onWine()) skip(this, 'Wine makes none');
    needsVersion(this, 'TLSv1.3');
    identity = await localhostIdentity();
    authority = await TestAuthority.create('CN=clients that are asked later');
    alice = await authority.issue({ subject: 'CN=alice', altNames: [], usages: ['clientAuth'] });
  });
  afterEach(async () => {
    await peer?.stop();
    peer = null;
  });

  async function serve(...args: string[]): Promise<Peer> {
    const { cert, key } = identity.certificate;
    const { cert: clients } = authority.certificate;
    peer = await startPeer(
      'openssl',
      ['s_server', '-port', '{port}', '-cert', '{file:cert}', '-key', '{file:key}', ...args],
      { files: { cert, key, clients } },
    );
    await peer.waitFor(/ACCEPT/);
    return peer;
  }

  async function meet(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
    const address = { port, host: '127.0.0.1', servername: 'localhost' };
    const socket = connect({ ...address, ca: identity.ca, ...options });
    await once(socket, 'secureConnect');
    return socket;
  }

  let lines = 0;
  async function talk(socket: TLSSocket, server: Peer): Promise<void> {
    lines += 1;
    const heard = once(socket, 'data');
    server.stdin.write(`from the server ${lines}\n`);
    assert.equal(String((await heard)[0]), `from the server ${lines}\n`);
    socket.write(`from the client ${lines}\n`);
    await server.waitFor(new RegExp(`from the client ${lines}\n`));
  }

  /** The server reads commands one at a time: what comes with one is dropped. */
  async function command(server: Peer, letter: string): Promise<void> {
    server.stdin.write(`${letter}\n`);
    await server.waitFor(/SSL_do_handshake -> 1/);
  }

  for (const [flag, letter, how] of [
    ['-tls1_2', 'R', 'by a renegotiation of TLS 1.2'],
    ['-tls1_3', 'c', 'after a handshake of TLS 1.3'],
  ] as const) {
    const clients = [flag, '-CAfile', '{file:clients}', '-no_resumption_on_reneg'];

    it(`shows its certificate ${how}`, () =>
      whileFixed('offersPha', 0, async () => {
        const server = await serve(...clients);
        const { cert, key } = alice;
        const socket = await meet(server.port, { cert, key });
        await talk(socket, server);
        assert.doesNotMatch(server.output(), /CN = alice/);
        await command(server, letter);
        await server.waitFor(/CN = alice\nverify return:1/);
        await talk(socket, server);
        socket.destroy();
      }));

    it(`goes on without a certificate ${how}`, () =>
      whileFixed('offersPha', 0, async () => {
        const server = await serve(...clients);
        const socket = await meet(server.port);
        await talk(socket, server);
        await command(server, letter);
        await talk(socket, server);
        socket.destroy();
      }));

    it(`chooses its certificate ${how}`, () =>
      whileFixed('offersPha', 0, () =>
        withStored(alice, async (certificate) => {
          const server = await serve(...clients);
          let asked = 0;
          const socket = await meet(server.port, {
            certificate: () => {
              asked += 1;
              return certificate;
            },
          });
          await talk(socket, server);
          assert.equal(asked, 0);
          await command(server, letter);
          await server.waitFor(/CN = alice\nverify return:1/);
          assert.equal(asked, 1);
          await talk(socket, server);
          socket.destroy();
        }),
      ));
  }

  it('are not asked for where Windows offers no certificate after the handshake', () =>
    whileFixed('offersPha', 1, async () => {
      const server = await serve('-tls1_3');
      const socket = await meet(server.port);
      await talk(socket, server);
      server.stdin.write('c\n');
      await server.waitFor(/extension not received/);
      await talk(socket, server);
      socket.destroy();
    }));

  for (const [what, emptyToken] of [
    ['where an empty token counts as no input', 0],
    ['where it does not', 1],
  ] as const) {
    it(`are begun by renegotiate(), and data goes on, ${what}`, () =>
      whileFixed('emptyToken', emptyToken, async () => {
        const server = await startTlsServer((near) => near.pipe(near), { maxVersion: 'TLSv1.2' });
        const socket = await meet(server.port);
        const unique = socket.getChannelBinding('tls-unique');
        const error = await new Promise<Error | null>((resolve) => {
          assert.equal(socket.renegotiate({}, resolve), true);
        });
        assert.equal(error, null);
        // The Finished messages are others now.
        assert.notDeepEqual(socket.getChannelBinding('tls-unique'), unique);
        socket.write('still there');
        assert.equal(String((await once(socket, 'data'))[0]), 'still there');
        socket.destroy();
        await server.close();
      }));
  }
});
