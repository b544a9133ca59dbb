import assert from 'node:assert/strict';
import { createHash, createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { writePfx } from '#lib/formats/pfx/write.js';
import {
  connect,
  createServer,
  releaseUnusedResources,
  Server,
  TLSSocket,
  type ServerOptions,
} from 'schannel';
import * as promises from 'schannel/promises';
import type { TestCertificate } from '../../support/certificates.js';
import { withStored } from '../../support/client-identity.js';
import { octets } from '../../support/octets.js';
import {
  failureOfClient,
  issueServer,
  localhostServer,
  SchannelServer,
  serverRoot,
  textOf,
} from '../../support/schannel-server.js';
import { inventory } from '../../support/windows-inventory.js';
import { needsVersion } from '../../support/windows.js';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

describe('createServer()', () => {
  let identity: TestCertificate;
  let started: SchannelServer | null = null;
  before(async () => {
    identity = await localhostServer();
  });
  afterEach(async () => {
    await started?.close();
    started = null;
  });

  const start = async (...args: Parameters<typeof SchannelServer.start>): Promise<SchannelServer> =>
    (started = await SchannelServer.start(...args));

  /** What a client is shown, when it gets an answer. */
  async function shownBy(server: SchannelServer): Promise<Buffer> {
    const client = await server.opened();
    const { raw } = client.getPeerCertificate();
    client.end('ping');
    assert.equal(await textOf(client), 'ping');
    return raw;
  }

  it('gives connections out by for await, and both sides end by await using', async () => {
    await using server = createServer({ cert: identity.cert, key: identity.key });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ca = (await serverRoot()).certificate.cert;
    const answered: Promise<string>[] = [];
    const ask = async (question: string): Promise<string> => {
      const client = await promises.connect(port, '127.0.0.1', { servername: 'localhost', ca });
      client.write(question);
      return textOf(client);
    };
    answered.push(ask('first'), ask('second'));
    let count = 0;
    for await (const socket of server) {
      await using connection = socket;
      const [question] = (await once(connection, 'data')) as [Buffer];
      // More than the client's system takes at once: all of it comes.
      connection.write(Buffer.alloc(1 << 20, '.'));
      connection.write(question);
      count += 1;
      if (count === 2) server.close();
    }
    assert.equal(count, 2);
    const ends = (await Promise.all(answered)).map((text) => text.slice(1 << 20));
    assert.deepEqual(ends.sort(), ['first', 'second']);
    await assert.rejects(promises.connect(port, '127.0.0.1', { servername: 'localhost', ca }), {
      code: 'ECONNREFUSED',
    });
  });

  describe('serves from', () => {
    const shows = async (server: SchannelServer): Promise<void> =>
      assert.deepEqual(await shownBy(server), Buffer.from(identity.der));

    it('cert and key', async () => {
      await shows(await start({ cert: identity.cert, key: identity.key }));
    });

    it('a PFX', async () => {
      const key = createPrivateKey(identity.key);
      const pfx = writePfx({ key, certificates: [identity.der], password: 'secret', iterations: 1000 });
      await shows(await start({ pfx, passphrase: 'secret' }));
    });

    it('a certificate of a store', async () => {
      await withStored(identity, async (certificate) => {
        const server = await start({ certificate });
        await shows(server);
        await shows(await start({ certificate: `CurrentUser\\MY\\${certificate.thumbprint}` }));
        await server.close();
      });
    });

    it('nothing: no handshake succeeds', async () => {
      const server = await start({ cert: null });
      const client = server.open();
      assert.notEqual(await failureOfClient(client), null);
      const { error, socket } = await server.failure();
      assert.equal(typeof error.code, 'string');
      assert.equal(socket.destroyed, true);
    });
  });

  it('has its intermediates, of cert or of ca, where Schannel looks for them while it serves', async () => {
    const intermediate = await (await serverRoot()).authority('CN=schannel servers intermediate');
    const { cert, key } = await intermediate.issue({ key: 'rsa' });
    const issuer = intermediate.certificate;
    const entry = createHash('sha256').update(issuer.der).digest('hex');
    const isPublished = async (): Promise<boolean> => (await inventory()).CA.includes(entry);
    for (const options of [
      { cert: `${cert}${issuer.cert}`, key },
      { cert, key, ca: issuer.cert },
    ]) {
      await releaseUnusedResources();
      assert.equal(await isPublished(), false);
      const server = await start(options);
      const client = await server.opened({ ca: [server.ca, issuer.cert] });
      assert.equal(await isPublished(), true);
      client.destroy();
      await server.close();
    }
    await releaseUnusedResources();
    assert.equal(await isPublished(), false);
  });

  it('takes hints that Windows has no use for, and emits no events about what Windows handles itself', async () => {
    const hints = {
      honorCipherOrder: false,
      sessionIdContext: 'ours',
      sessionTimeout: 60,
      ecdhCurve: 'auto',
    };
    const server = await start({ ...hints, dhparam: 'auto' } as ServerOptions);
    const told: string[] = [];
    for (const event of ['newSession', 'resumeSession', 'OCSPRequest', 'keylog'])
      server.server.on(event, () => told.push(event));
    const client = connect({ port: server.port, host: 'localhost', ca: server.ca, requestOCSP: true });
    client.on('keylog', () => told.push('keylog of the client'));
    client.end('ping');
    assert.equal(await textOf(client), 'ping');
    assert.deepEqual(told, []);
  });

  for (const version of VERSIONS) {
    describe(version, () => {
      before(function () {
        needsVersion(this, version);
      });

      it('tells the facts of a connection', async () => {
        const server = await start({ maxVersion: version, ALPNProtocols: ['h2', 'http/1.1'] });
        const connected = once(server.server, 'secureConnection') as Promise<[TLSSocket]>;
        const client = server.open({ ALPNProtocols: ['http/1.1', 'h2'] });
        const [socket] = await connected;
        assert.ok(socket instanceof TLSSocket);
        assert.ok(socket instanceof net.Socket);
        assert.equal(socket.server, server.server);
        assert.equal(socket.getProtocol(), version);
        assert.equal(socket.servername, 'localhost');
        assert.equal(socket.alpnProtocol, 'h2');
        assert.equal(socket.encrypted, true);
        assert.deepEqual([socket.secureConnecting, socket._secureEstablished], [false, true]);
        // Nobody was asked.
        assert.deepEqual([socket.authorized, socket.authorizationError], [false, null]);
        assert.equal(socket.verification, null);
        assert.deepEqual(socket.getPeerCertificate(), {});
        assert.deepEqual(socket.getX509Certificate()?.raw, Buffer.from(identity.der));
        if (!client.authorized) await once(client, 'secureConnect');
        assert.equal(client.getProtocol(), version);
        assert.equal(socket.getCipher()?.name, client.getCipher().name);
        assert.equal(socket.remotePort, client.localPort);
        // What comes from the server is read, tickets too: else the end is a reset.
        client.resume().end();
        await once(socket, 'close');
        assert.deepEqual(server.failures, []);
      });

      it('carries a megabyte both ways, and ends in order', async () => {
        const server = await start({ maxVersion: version });
        const data = octets(1024 * 1024);
        const connected = once(server.server, 'secureConnection') as Promise<[TLSSocket]>;
        const client = await server.opened();
        const [socket] = await connected;
        client.end(data);
        const back = Buffer.concat((await client.toArray()) as Buffer[]);
        assert.ok(back.equals(data));
        if (!socket.closed) await once(socket, 'close');
        assert.equal(socket.truncated, false);
        assert.deepEqual([socket.bytesRead, socket.bytesWritten], [data.length, data.length]);
      });

      it('talks to our own client', async () => {
        const server = await start({ maxVersion: version });
        const client = connect({ port: server.port, host: 'localhost', ca: server.ca });
        client.end('ping');
        assert.equal(await textOf(client), 'ping');
        assert.equal(client.authorized, true);
      });
    });
  }

  it('refuses a version below its minimum', async () => {
    const server = await start({ minVersion: 'TLSv1.3' });
    const failed = await failureOfClient(server.open({ maxVersion: 'TLSv1.2' }));
    assert.match(failed?.message ?? '', /alert|protocol version/);
    assert.equal((await server.failure()).error.code, 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM');
  });

  it('gives new connections what setSecureContext() sets, and leaves the others alone', async () => {
    const server = await start();
    const before = await server.opened();
    const other = await issueServer();
    server.server.setSecureContext({ cert: other.cert, key: other.key });
    assert.equal(server.server.cert, other.cert);
    assert.deepEqual(await shownBy(server), Buffer.from(other.der));
    before.end('still here');
    assert.equal(await textOf(before), 'still here');
  });

  it('counts, limits and closes as a net.Server', async () => {
    const server = await start();
    const first = await server.opened();
    server.server.maxConnections = 1;
    const refused = await failureOfClient(server.open());
    assert.equal(refused?.code, 'ECONNRESET');
    const count = await new Promise<number>((resolve) => {
      server.server.getConnections((_error, open) => resolve(open));
    });
    assert.equal(count, 1);
    const closed = once(server.server, 'close');
    server.server.close();
    first.end('last words');
    assert.equal(await textOf(first), 'last words');
    await closed;
    started = null;
  });

  it('sets its sockets up by noDelay, keepAlive and highWaterMark, as a net.Server', async () => {
    const server = await start({ noDelay: true, keepAlive: true, highWaterMark: 4321 });
    const connected = once(server.server, 'connection') as Promise<[net.Socket]>;
    const client = await server.opened();
    const [transport] = await connected;
    assert.equal(transport.readableHighWaterMark, 4321);
    const settings = Object.getOwnPropertySymbols(transport).filter(({ description }) =>
      ['kSetNoDelay', 'kSetKeepAlive'].includes(description ?? ''),
    );
    assert.deepEqual(
      settings.map((symbol): unknown => Reflect.get(transport, symbol)),
      [true, true],
    );
    client.destroy();
  });

  it('begins paused where pauseOnConnect wants it', async () => {
    const server = await start({ pauseOnConnect: true }, (socket) => {
      assert.equal(socket.isPaused(), true);
      socket.write('go on');
      socket.once('data', (data: Buffer) => socket.end(data));
      setImmediate(() => socket.resume());
    });
    const client = await server.opened();
    client.write('data');
    assert.equal(await textOf(client), 'go ondata');
  });

  it('has its listener as a function, as options and a listener, or not at all', () => {
    const listener = (): void => undefined;
    assert.equal(createServer(listener).listenerCount('secureConnection'), 1);
    assert.equal(createServer({}, listener).listenerCount('secureConnection'), 1);
    assert.equal(createServer(null).listenerCount('secureConnection'), 0);
    assert.ok(createServer() instanceof Server);
    assert.ok(createServer() instanceof net.Server);
  });

  it('accepts null for every option, and no ca without certificates', () => {
    const nothing = Object.fromEntries(
      [
        ...[
          'pfx',
          'key',
          'passphrase',
          'cert',
          'ca',
          'ciphers',
          'ecdhCurve',
          'dhparam',
          'minVersion',
          'maxVersion',
        ],
        ...[
          'secureProtocol',
          'crl',
          'sigalgs',
          'secureOptions',
          'sessionIdContext',
          'ticketKeys',
          'sessionTimeout',
        ],
        ...[
          'SNICallback',
          'ALPNProtocols',
          'ALPNCallback',
          'requestCert',
          'rejectUnauthorized',
          'handshakeTimeout',
        ],
      ].map((name) => [name, null]),
    );
    createServer(nothing);
    assert.throws(() => createServer({ ca: 'no certificate in here' }), {
      code: 'ERR_SCHANNEL_OPTION_CERTIFICATE',
    });
  });

  for (const [what, options, code] of [
    ['options that are a number', 5, 'ERR_INVALID_ARG_TYPE'],
    ['an SNICallback that is no function', { SNICallback: 'name' }, 'ERR_INVALID_ARG_TYPE'],
    ['a handshakeTimeout in words', { handshakeTimeout: 'long' }, 'ERR_INVALID_ARG_TYPE'],
    [
      'two ways to choose a protocol',
      { ALPNProtocols: ['a'], ALPNCallback: () => 'a' },
      'ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS',
    ],
    ['an unknown version', { minVersion: 'SSLv1' }, 'ERR_TLS_INVALID_PROTOCOL_VERSION'],
    ['pre-shared keys', { pskCallback: () => null }, 'ERR_SCHANNEL_OPTION_UNSUPPORTED'],
    ['a key that is none', { key: 'key', cert: 'cert' }, 'ERR_SCHANNEL_IMPORT_UNRECOGNIZED'],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => createServer(options as object), { code });
    });
  }

  it('says what node:tls says of what it has no ticket keys for', () => {
    const server = createServer();
    assert.throws(() => server.setTicketKeys('keys' as unknown as Buffer), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => server.setTicketKeys(Buffer.alloc(48)), { code: 'ERR_SCHANNEL_OPTION_UNSUPPORTED' });
    assert.throws(() => server.getTicketKeys(), { code: 'ERR_SCHANNEL_OPTION_UNSUPPORTED' });
    assert.throws(() => server.addContext('', {}), { code: 'ERR_TLS_REQUIRED_SERVER_NAME' });
    assert.throws(() => server.setSecureContext(null as unknown as object), { code: 'ERR_INVALID_ARG_TYPE' });
  });
});
