import assert from 'node:assert/strict';
import { constants, createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createSecureContext, type ConnectionOptions, type TLSSocket } from 'schannel';
import { TestAuthority } from '../../support/certificates.js';
import { startTlsServer, type TlsServer } from '../../support/tls-server.js';
import { capabilities, needsVersion } from '../../support/windows.js';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

describe('connect', () => {
  let server: TlsServer;
  let ca: string;
  let options: { port: number; host: string; ca: string };
  before(async () => {
    server = await startTlsServer(
      // What the server says is what it saw.
      (socket) => {
        socket.end([socket.servername, socket.alpnProtocol, socket.getCipher().name].join(' '));
      },
      {
        ALPNProtocols: ['h2', 'http/1.1', 'smtp'],
        // In a session of TLS 1.2 that is resumed node:tls does not name the server.
        secureOptions: constants.SSL_OP_NO_TICKET,
      },
    );
    ({ ca } = server);
    options = { port: server.port, host: 'localhost', ca };
  });
  after(() => server.close());

  const secured = async (socket: TLSSocket): Promise<TLSSocket> => {
    await once(socket, 'secureConnect');
    return socket;
  };
  const textOf = async (socket: TLSSocket): Promise<string> =>
    Buffer.concat((await socket.toArray()) as Buffer[]).toString();
  /** Name, ALPN protocol and suite as the server saw them. */
  const seenBy = async (socket: TLSSocket): Promise<string[]> => (await textOf(socket)).split(' ');

  describe('the facts of a connection', () => {
    for (const version of VERSIONS) {
      it(`${version}: are there from secureConnect to the end`, async function () {
        needsVersion(this, version);
        const socket = connect({ ...options, minVersion: version, maxVersion: version });
        assert.equal(socket.getProtocol(), null);
        assert.equal(socket.getCipher(), undefined);
        assert.deepEqual(socket.getPeerCertificate(), {});
        assert.equal(socket.getPeerX509Certificate(), undefined);
        assert.equal(socket.alpnProtocol, null);
        assert.equal(socket.servername, null);
        assert.deepEqual([socket.encrypted, socket.authorized, socket.secureConnecting], [true, false, true]);

        await secured(socket);
        assert.equal(socket.getProtocol(), version);
        assert.equal(socket.getCipher()?.version, version);
        assert.match(socket.getCipher()?.standardName ?? '', /^TLS_[A-Z0-9_]+$/);
        assert.equal(socket.getEphemeralKeyInfo()?.type, 'ECDH');
        assert.equal(socket.getPeerCertificate()?.subject.CN, 'localhost');
        assert.match(socket.getPeerX509Certificate()?.subject ?? '', /CN=localhost/);
        assert.equal(socket.isSessionReused(), false);
        assert.equal('ssl' in socket, false, "node:tls's handle of OpenSSL");
        assert.deepEqual([socket.authorized, socket.authorizationError], [true, null]);
        assert.deepEqual([socket.secureConnecting, socket._secureEstablished], [false, true]);

        assert.equal((await seenBy(socket))[0], 'localhost');
        await closed(socket);
        assert.equal(socket.getProtocol(), null);
        assert.equal(socket.getCipher(), undefined);
        assert.equal(socket.getPeerCertificate(), null);
        assert.equal(socket.getPeerX509Certificate(), undefined);
      });
    }

    it('names the suite that the server chose', async () => {
      const socket = await secured(connect({ ...options, maxVersion: 'TLSv1.2' }));
      const ours = socket.getCipher()?.name;
      const [, , theirs] = await seenBy(socket);
      assert.equal(ours, theirs);
    });

    it('gives tls-server-end-point as RFC 5929 defines it', async () => {
      // Wine knows no hash of a certificate that was signed by an elliptic key.
      const root = await TestAuthority.create('CN=RSA root', { key: 'rsa' });
      const { cert, key, der } = await root.issue();
      const own = await startTlsServer((socket) => socket.end(), { cert, key });
      const socket = await secured(connect({ port: own.port, ca: root.certificate.cert }));
      const expected = createHash('sha256').update(der).digest();
      assert.deepEqual(socket.getChannelBinding('tls-server-end-point'), expected);
      socket.destroy();
      await own.close();
    });

    it('gives tls-unique as the server computes it', async () => {
      let finished: Buffer | undefined;
      const other = await startTlsServer((socket) => {
        // RFC 5929 §3: the first Finished of the handshake, which is the client's in a full one.
        finished = socket.getPeerFinished();
        socket.end();
      });
      const socket = await secured(connect({ port: other.port, ca, maxVersion: 'TLSv1.2' }));
      const binding = socket.getChannelBinding('tls-unique');
      await textOf(socket);
      assert.equal(binding?.length, 12);
      assert.deepEqual(binding, finished);
      await other.close();
    });
  });

  describe('versions', () => {
    it('takes the newest that both sides have', async () => {
      const socket = await secured(connect(options));
      assert.equal(socket.getProtocol(), capabilities().tls13 ? 'TLSv1.3' : 'TLSv1.2');
      socket.destroy();
    });

    it('does not go beyond maxVersion', async () => {
      const socket = await secured(connect({ ...options, maxVersion: 'TLSv1.2' }));
      assert.equal(socket.getProtocol(), 'TLSv1.2');
      socket.destroy();
    });

    for (const [ours, theirs] of [
      ['TLSv1.2', 'TLSv1.3'],
      ['TLSv1.3', 'TLSv1.2'],
    ] as const) {
      it(`fails when the client wants ${ours} and the server ${theirs}`, async function () {
        needsVersion(this, ours);
        const strict = await startTlsServer(() => undefined, { minVersion: theirs, maxVersion: theirs });
        const socket = connect({
          port: strict.port,
          host: 'localhost',
          ca,
          minVersion: ours,
          maxVersion: ours,
        });
        await assert.rejects(once(socket, 'secureConnect'), {
          code: 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM',
          phase: 'handshake',
        });
        await strict.close();
      });
    }
  });

  describe('ALPN', () => {
    const agreed = async (ALPNProtocols: ConnectionOptions['ALPNProtocols']): Promise<unknown> => {
      const socket = await secured(connect({ ...options, ALPNProtocols }));
      const { alpnProtocol } = socket;
      return [alpnProtocol, (await seenBy(socket))[1]];
    };

    it('agrees on a protocol, by the order of the server', async () => {
      assert.deepEqual(await agreed(['smtp', 'http/1.1']), ['http/1.1', 'http/1.1']);
    });

    it('takes names as bytes, and all names in wire format', async () => {
      assert.deepEqual(await agreed([Buffer.from('smtp')]), ['smtp', 'smtp']);
      assert.deepEqual(await agreed(Buffer.from('\x04smtp')), ['smtp', 'smtp']);
      assert.deepEqual(await agreed(new DataView(Uint8Array.from(Buffer.from('\x02h2')).buffer)), [
        'h2',
        'h2',
      ]);
    });

    it('is false when the client asked for nothing', async () => {
      assert.deepEqual(await agreed(undefined), [false, 'false']);
      assert.deepEqual(await agreed([]), [false, 'false']);
    });

    it('is false when the server does not care', async () => {
      const plain = await startTlsServer((socket) => socket.end());
      const socket = await secured(connect({ ...options, port: plain.port, ALPNProtocols: ['h2'] }));
      assert.equal(socket.alpnProtocol, false);
      socket.destroy();
      await plain.close();
    });

    it('fails when there is no common protocol', async () => {
      await assert.rejects(agreed(['gopher']), {
        code: 'ERR_SCHANNEL_PEER_ALPN',
        alert: { description: 120, name: 'no_application_protocol', direction: 'received' },
      });
    });
  });

  describe('the server name', () => {
    const seen = async (own: Partial<ConnectionOptions>): Promise<unknown> => {
      const socket = await secured(connect({ ...options, rejectUnauthorized: false, ...own }));
      const { servername } = socket;
      return [servername, (await seenBy(socket))[0]];
    };

    it('is that of the host', async () => {
      assert.deepEqual(await seen({}), ['localhost', 'localhost']);
      assert.deepEqual(await seen({ host: undefined }), ['localhost', 'localhost']);
    });

    it('is servername where it is given', async () => {
      assert.deepEqual(await seen({ servername: 'mail.example' }), ['mail.example', 'mail.example']);
    });

    it('is not sent when servername is empty, nor for an address', async () => {
      assert.deepEqual(await seen({ servername: '' }), [false, 'false']);
      assert.deepEqual(await seen({ host: '127.0.0.1' }), [false, 'false']);
      assert.deepEqual(await seen({ servername: '::1' }), [false, 'false']);
    });

    it('goes without its trailing dot, and as an A-label', async () => {
      assert.deepEqual(await seen({ servername: 'localhost.' }), ['localhost', 'localhost']);
      assert.deepEqual(await seen({ servername: 'bücher.example' }), [
        'xn--bcher-kva.example',
        'xn--bcher-kva.example',
      ]);
    });
  });

  describe('its forms', () => {
    it('takes a listener, once', async () => {
      let calls = 0;
      const socket = connect(options, () => (calls += 1));
      assert.equal((await seenBy(socket))[0], 'localhost');
      assert.equal(calls, 1);
      assert.equal(socket.listenerCount('secureConnect'), 0);
    });

    it('takes port, host and options', async () => {
      assert.equal((await seenBy(connect(server.port, 'localhost', { ca })))[0], 'localhost');
      assert.equal((await seenBy(connect(server.port, { ca })))[0], 'localhost');
      assert.equal((await seenBy(connect(String(server.port), { ca })))[0], 'localhost');
    });

    it('takes port, host, options and a listener', async () => {
      const socket = await new Promise<TLSSocket>((resolve) => {
        const made = connect(server.port, 'localhost', { ca }, () => resolve(made));
      });
      assert.equal((await seenBy(socket))[0], 'localhost');
    });

    it('takes a named pipe', async () => {
      const path = `\\\\.\\pipe\\schannel-${process.pid}-${Date.now()}`;
      const pipe = await startTlsServer((socket) => socket.end('through a pipe'), {}, { path });
      assert.equal(await textOf(connect(path, { ca })), 'through a pipe');
      assert.equal(await textOf(connect({ path, ca })), 'through a pipe');
      await pipe.close();
    });

    it('takes a SecureContext, whose settings count', async () => {
      const secureContext = createSecureContext({ ca, maxVersion: 'TLSv1.2' });
      const socket = await secured(connect({ port: server.port, host: 'localhost', secureContext }));
      assert.equal(socket.getProtocol(), 'TLSv1.2');
      assert.equal(socket.authorized, true);
      socket.destroy();
    });
  });
});

async function closed(socket: TLSSocket): Promise<void> {
  if (!socket.closed) await once(socket, 'close');
}
