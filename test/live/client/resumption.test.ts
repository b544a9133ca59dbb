import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import type tls from 'node:tls';
import { connect, releaseUnusedResources, type ConnectionOptions } from 'schannel';
import type { Certificate } from 'schannel/store';
import { issueClient, withStored } from '../../support/client-identity.js';
import { whileFixed } from '../../support/double.js';
import { pinOf } from '#lib/windows/trust/pins.js';
import { skip } from '../../support/skip.js';
import { localhostIdentity, startTlsServer, type TlsServer } from '../../support/tls-server.js';
import { needsVersion, onWine } from '../../support/windows.js';

describe('sessions are resumed', () => {
  let server: TlsServer | undefined;
  const reused: boolean[] = [];
  /** Whose certificates the clients showed; null for none. */
  const shown: unknown[] = [];
  before(async function () {
    if (onWine()) skip(this, 'Wine resumes no sessions');
    const serve = (peer: tls.TLSSocket): void => {
      reused.push(peer.isSessionReused());
      shown.push(peer.getPeerX509Certificate()?.subject ?? null);
      peer.end('a word');
    };
    server = await startTlsServer(serve, { requestCert: true, rejectUnauthorized: false });
  });
  afterEach(async () => {
    reused.length = shown.length = 0;
    await releaseUnusedResources();
  });
  after(() => server?.close());

  /** Connects and reads to the end, so that tickets are there. @returns whether the session was resumed */
  async function meet(options: ConnectionOptions): Promise<boolean> {
    assert.ok(server);
    const socket = connect({ port: server.port, ca: server.ca, ...options });
    await once(socket, 'secureConnect');
    const resumed = socket.isSessionReused();
    await once(socket.resume(), 'close');
    return resumed;
  }

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`with a server that was met before, over ${maxVersion}`, async function () {
      needsVersion(this, maxVersion);
      await whileFixed('resumes13', 0, async () => {
        const both = [await meet({ maxVersion }), await meet({ maxVersion })];
        assert.deepEqual(both, [false, true]);
        assert.deepEqual(reused, [false, true]);
      });
    });

    it(`never under another name, over ${maxVersion}`, async function () {
      needsVersion(this, maxVersion);
      const named = { maxVersion, rejectUnauthorized: false };
      const both = [
        await meet({ ...named, servername: 'localhost' }),
        await meet({ ...named, servername: 'other.example' }),
      ];
      assert.deepEqual(both, [false, false]);
      assert.deepEqual(reused, [false, false]);
    });
  }

  it('and checked again: by the pins of each connection', async () => {
    const maxVersion = 'TLSv1.2';
    const { certificate } = await localhostIdentity();
    const pins = pinOf(certificate.der) ?? '';
    assert.equal(await meet({ maxVersion, pins }), false);
    await assert.rejects(meet({ maxVersion, pins: `sha256/${'A'.repeat(43)}=` }), {
      code: 'ERR_SCHANNEL_PEER_KEY_NOT_PINNED',
    });
    assert.equal(await meet({ maxVersion, pins }), true);
    assert.deepEqual(reused, [false, true, true]);
  });

  it('not over TLSv1.3 where Windows does not', async function () {
    needsVersion(this, 'TLSv1.3');
    await whileFixed('resumes13', 1, async () => {
      assert.deepEqual([await meet({}), await meet({})], [false, false]);
      assert.deepEqual(reused, [false, false]);
    });
  });

  it('under the address of the server, and never under another one', async () => {
    const at = (host: string): ConnectionOptions => ({
      socket: net.connect(server?.port ?? 0, '127.0.0.1'),
      host,
      maxVersion: 'TLSv1.2',
      rejectUnauthorized: false, // the certificate is for no address
    });
    const met = [await meet(at('127.0.0.1')), await meet(at('127.0.0.2')), await meet(at('127.0.0.1'))];
    assert.deepEqual(met, [false, false, true]);
    assert.deepEqual(reused, met);
  });

  it("emit 'session' with each ticket, over TLS 1.3", async function () {
    needsVersion(this, 'TLSv1.3');
    assert.ok(server);
    // An unused name, so that no session of another test is resumed: then there would be other tickets, or none.
    const servername = `${randomUUID()}.example`;
    const socket = connect({ port: server.port, ca: server.ca, servername, rejectUnauthorized: false });
    const told: Buffer[] = [];
    socket.on('session', (session: Buffer) => {
      assert.deepEqual(socket.getSession(), session);
      told.push(session);
    });
    await once(socket, 'secureConnect');
    const early = socket.getSession();
    await once(socket.resume(), 'close');
    // OpenSSL sends two.
    assert.equal(told.length, 2);
    assert.equal(new Set([early, ...told].map((session) => session?.toString('hex'))).size, 3);
  });

  it('never with another configuration', async () => {
    const both = [
      await meet({ maxVersion: 'TLSv1.2' }),
      await meet({ maxVersion: 'TLSv1.2', requestOCSP: true }),
    ];
    assert.deepEqual(both, [false, false]);
    assert.deepEqual(reused, [false, false]);
  });

  it('never where a function chooses the certificate', async () => {
    const certificate = (): null => null;
    const both = [await meet({ certificate }), await meet({ certificate })];
    assert.deepEqual(both, [false, false]);
    assert.deepEqual(reused, [false, false]);
  });

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`so that a function shows the server whom it chose for each connection, over ${maxVersion}`, async () => {
      const [alice, bob] = [await issueClient('alice'), await issueClient('bob')];
      await withStored(alice, (first) =>
        withStored(bob, async (second) => {
          const choices = [first, second];
          const certificate = (): Certificate | null => choices.shift() ?? null;
          await meet({ certificate, maxVersion });
          await meet({ certificate, maxVersion });
          await releaseUnusedResources();
        }),
      );
      assert.deepEqual(shown, ['CN=alice', 'CN=bob']);
    });
  }
});
