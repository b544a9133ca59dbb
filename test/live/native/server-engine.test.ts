import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import tls from 'node:tls';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import type { NativeCredential, NativeHandleCounts } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import { TestAuthority } from '../../support/certificates.js';
import { chromiumHello, inRecords, ssl2Hello } from '../../support/hello-builder.js';
import { handlesBackTo } from '../../support/native-store.js';
import { octets } from '../../support/octets.js';
import { needsPeer, startPeer, type Peer } from '../../support/peers.js';
import { capabilities, needsVersion } from '../../support/windows.js';
import { EchoConnection, type Ending } from './engine-server.js';
import { acquireAs, makeIdentity, type NativeIdentity } from './identity.js';
import { Listener, SERVER_CREDENTIALS } from './server.js';

const NEWEST = capabilities().tls13 ? 'TLSv1.3' : 'TLSv1.2';

describe('engine of a server on Schannel', () => {
  let authority: TestAuthority;
  let identity: NativeIdentity;
  let listener: Listener;
  let handles: NativeHandleCounts;
  const credentials = new Map<string, NativeCredential>();

  before(async () => {
    handles = native().handleCounts();
    authority = await TestAuthority.create('CN=schannel engine root', { key: 'rsa' });
    identity = await makeIdentity('engine', await authority.issue({ key: 'rsa' }));
    for (const version of new Set(['TLSv1.2', NEWEST] as const)) {
      const request = SERVER_CREDENTIALS[version];
      credentials.set(version, await acquireAs({ ...request, certificates: [identity.certificate] }));
    }
    listener = await Listener.start();
  });
  after(async () => {
    await listener.close();
    for (const credential of credentials.values()) credential.close();
    await identity.dispose();
    await handlesBackTo(handles);
  });

  async function serve(version: string = NEWEST, pieces = 0): Promise<EchoConnection> {
    const socket = await listener.next();
    const credential = credentials.get(version);
    assert.ok(credential);
    return new EchoConnection(socket, credential, pieces);
  }

  const open = (options: tls.ConnectionOptions = {}): tls.TLSSocket =>
    tls
      .connect({
        port: listener.port,
        host: '127.0.0.1',
        servername: 'localhost',
        ca: authority.certificate.cert,
        ...options,
      })
      .on('error', () => undefined);

  /** What comes back of `data`, up to the end of the connection. */
  async function echoed(client: tls.TLSSocket, data: Buffer): Promise<Buffer> {
    let back = Buffer.alloc(0);
    client.on('data', (chunk: Buffer) => {
      back = Buffer.concat([back, chunk]);
      if (back.length === data.length) client.end();
    });
    client.write(data);
    await once(client, 'close');
    return back;
  }

  function failure(ending: Ending): SchannelError {
    assert.ok(ending instanceof SchannelError, String(ending));
    return ending;
  }

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    describe(version, () => {
      before(function () {
        needsVersion(this, version);
      });

      it('sends a megabyte back', async () => {
        const client = open();
        const server = await serve(version);
        const data = octets(1024 * 1024);
        assert.ok((await echoed(client, data)).equals(data));
        assert.equal(await server.ended, 'close_notify');
        assert.equal(server.received, data.length);
      });

      for (const pieces of [1, 2, 7, 1000]) {
        it(`gets the client's bytes ${pieces} at a time`, async () => {
          const client = open();
          const server = await serve(version, pieces);
          const data = octets(20_000);
          assert.ok((await echoed(client, data)).equals(data));
          assert.equal(await server.ended, 'close_notify');
        });
      }

      it('serves sixty clients at once', async () => {
        const clients = Array.from({ length: 60 }, async (_, index) => {
          const data = octets(1000 + index);
          assert.ok((await echoed(open(), data)).equals(data));
        });
        const servers = clients.map(async () => (await serve(version)).ended);
        await Promise.all(clients);
        assert.deepEqual(new Set(await Promise.all(servers)), new Set(['close_notify']));
      });

      for (const [what, bytes, seen] of [
        ['between two records', Buffer.alloc(0), /^without notice$/],
        [
          'within a record',
          Buffer.of(23, 3, 3, 0, 99, 1),
          /the connection ended in the middle of a TLS record/,
        ],
      ] as const) {
        it(`sees that the client was cut off ${what}`, async () => {
          const transport = connect(listener.port, '127.0.0.1');
          const client = open({ socket: transport });
          const server = await serve(version);
          client.write('greeting');
          await once(client, 'data');
          transport.end(bytes);
          assert.match(String(await server.ended), seen);
          client.destroy();
        });
      }

      describe('OpenSSL s_client', () => {
        let peer: Peer | null = null;
        before(async function () {
          await needsPeer(this, 'openssl');
        });
        afterEach(async () => {
          await peer?.stop();
          peer = null;
        });

        const meet = async (...args: string[]): Promise<[Peer, EchoConnection]> => {
          peer = await startPeer('openssl', ['s_client', '-connect', `127.0.0.1:${listener.port}`, ...args]);
          return [peer, await serve(version)];
        };

        if (version === 'TLSv1.3') {
          it('updates its keys, and data goes on', async () => {
            const [client, server] = await meet();
            await client.waitFor(/New, TLSv1\.3/);
            for (const [at, command] of ['k', 'K'].entries()) {
              client.stdin.write(`${command}\n`);
              // It forgets what it gets together with a command: nothing more until it has said so again.
              await client.waitFor(new RegExp(`(?:KEYUPDATE[^]*){${at + 1}}`));
              client.stdin.write(`behind ${command}\n`);
              await client.waitFor(new RegExp(`behind ${command}`));
            }
            client.stdin.end('Q\n');
            assert.equal(await server.ended, 'close_notify');
          });
        } else {
          it('is refused a renegotiation', async () => {
            const [client, server] = await meet();
            await client.waitFor(/New, TLSv1\.2/);
            client.stdin.write('R\n');
            assert.equal(failure(await server.ended).code, 'ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT');
          });
        }
      });
    });
  }

  describe('strangers', () => {
    /** How the connection ends, and what the stranger gets, when it sends this and ends or waits. */
    async function meet(bytes: Uint8Array, leaves = false): Promise<{ ending: Ending; answer: Buffer }> {
      const socket = connect(listener.port, '127.0.0.1');
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
      if (leaves) socket.end(bytes);
      else socket.write(bytes);
      const server = await serve();
      const closed = once(socket, 'close');
      const ending = await server.ended;
      socket.end();
      await closed;
      return { ending, answer: Buffer.concat(chunks) };
    }

    for (const [what, bytes, code] of [
      ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'ERR_SCHANNEL_PEER_NOT_TLS'],
      ['an SSL 2 hello', ssl2Hello(0x0303, [0x2f]), 'ERR_SCHANNEL_PEER_NOT_TLS'],
      ['noise', octets(500), 'ERR_SCHANNEL_PEER_NOT_TLS'],
      ['a record that is too long', Buffer.of(22, 3, 1, 0xff, 0xff), 'ERR_SCHANNEL_PEER_RECORD_OVERFLOW'],
    ] as const) {
      it(`${what}: refused by its first bytes`, async () => {
        const { ending, answer } = await meet(bytes);
        assert.equal(failure(ending).code, code);
        assert.equal(answer.toString('hex'), code === 'ERR_SCHANNEL_PEER_NOT_TLS' ? '' : '15030300020216');
      });
    }

    it('a hello that is cut short inside: an alert, and an error of the peer', async () => {
      const hello = inRecords(chromiumHello('localhost'));
      hello.writeUInt16BE(0xffff, 5 + 4 + 2 + 32 + 1 + 32); // the length of its cipher suites
      const { ending, answer } = await meet(hello);
      assert.match(failure(ending).code, /^ERR_SCHANNEL_PEER_/);
      assert.equal(answer[0], 21);
    });

    it('a hello without an end: bounded', async () => {
      const header = Buffer.of(1, 0xff, 0xff, 0xff);
      const { ending } = await meet(inRecords(Buffer.concat([header, Buffer.alloc(100_000)])));
      // Windows and GnuTLS also have limits, which may apply first.
      assert.match(failure(ending).code, /^ERR_SCHANNEL_PEER_(HANDSHAKE_TOO_LARGE|ILLEGAL_MESSAGE)$/);
    });

    it('one that tries the port only', async () => {
      const { ending, answer } = await meet(Buffer.alloc(0), true);
      assert.equal(failure(ending).code, 'ECONNRESET');
      assert.equal(answer.length, 0);
    });

    it('one that leaves within its hello', async () => {
      const { ending } = await meet(inRecords(chromiumHello('localhost')).subarray(0, 100), true);
      assert.equal(failure(ending).code, 'ECONNRESET');
    });

    it('one that leaves after the first flight', async () => {
      const { ending, answer } = await meet(inRecords(chromiumHello('localhost')), true);
      assert.equal(answer[0], 22);
      assert.equal(failure(ending).code, 'ECONNRESET');
    });

    it('do not disturb those that are served', async () => {
      const client = open();
      const server = await serve();
      await once(client, 'secureConnect');
      await Promise.all(
        [octets(200), Buffer.from('220 hello\r\n'), Buffer.alloc(300)].map((bytes) => meet(bytes)),
      );
      const data = octets(3000);
      assert.ok((await echoed(client, data)).equals(data));
      assert.equal(await server.ended, 'close_notify');
    });
  });
});
