import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { mock } from 'node:test';
import { native } from '#lib/native/load.js';
import type { SchannelError, ServerOptions, TLSSocket } from 'schannel';
import { chromiumHello, extension, helloMessage, inRecords, ssl2Hello } from '../../support/hello-builder.js';
import { octets } from '../../support/octets.js';
import { PATIENCE } from '../../support/patience.js';
import { needsPeer, startPeer } from '../../support/peers.js';
import { SchannelServer, textOf } from '../../support/schannel-server.js';

describe('strangers at a server', () => {
  let server: SchannelServer;
  const start = async (options: ServerOptions = {}): Promise<SchannelServer> =>
    (server = await SchannelServer.start(options));
  afterEach(() => server.close());
  afterEach(() => mock.timers.reset());

  const knock = (): net.Socket => net.connect(server.port, '127.0.0.1').on('error', () => undefined);

  const gone = async (socket: net.Socket): Promise<void> => {
    if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  };

  /** Sends this; all that comes back, up to the end. */
  async function answerTo(bytes: Uint8Array): Promise<Buffer> {
    const socket = knock();
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.write(bytes);
    await once(socket, 'close');
    return Buffer.concat(chunks);
  }

  async function serves(): Promise<void> {
    const client = await server.opened();
    client.end('still served');
    assert.equal(await textOf(client), 'still served');
  }

  const damaged = inRecords(chromiumHello('localhost'));
  damaged.writeUInt16BE(0xffff, 5 + 4 + 2 + 32 + 1 + 32); // the length of its cipher suites

  for (const [what, bytes, code, alert] of [
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'ERR_SCHANNEL_PEER_NOT_TLS', null],
    ['noise', octets(500), 'ERR_SCHANNEL_PEER_NOT_TLS', null],
    ['an SSL 2 hello', ssl2Hello(0x0303, [0x2f]), 'ERR_SCHANNEL_PEER_NOT_TLS', null],
    ['a record that is too long', Buffer.of(22, 3, 1, 0xff, 0xff), 'ERR_SCHANNEL_PEER_RECORD_OVERFLOW', 22],
    ['data before a hello', Buffer.of(23, 3, 3, 0, 1, 0), 'ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE', 10],
    ['a malformed hello', damaged, 'ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE', 50],
    [
      'a hello of TLS 1.1',
      inRecords(helloMessage({ legacyVersion: 0x0302, cipherSuites: [0xc013, 0x2f] })),
      'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM',
      70,
    ],
    [
      'a hello that is too long',
      inRecords(Buffer.concat([Buffer.of(1, 2, 0, 0), Buffer.alloc(20)])),
      'ERR_SCHANNEL_PEER_HANDSHAKE_TOO_LARGE',
      22,
    ],
  ] as const) {
    it(`${what}: refused ${alert === null ? 'without a word' : `by alert ${String(alert)}`}`, async () => {
      await start();
      const answer = await answerTo(bytes);
      assert.equal((await server.failure()).error.code, code);
      if (alert === null) assert.equal(answer.length, 0);
      else assert.deepEqual([...answer], [21, 3, 3, 0, 2, 2, alert]);
      await serves();
    });
  }

  it('a hello in many small pieces is a hello', async () => {
    await start();
    const socket = knock();
    const hello = inRecords(
      helloMessage({
        cipherSuites: [0xc02f, 0xc030],
        extensions: [
          extension.serverName('localhost'),
          extension.signatureAlgorithms(0x0401, 0x0804),
          extension.other(10, Buffer.from('00020017', 'hex')),
        ],
      }),
      40,
    );
    for (const byte of hello) socket.write(Buffer.of(byte));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.equal(answer[0], 22);
    socket.destroy();
    assert.equal((await server.failure()).error.code, 'ECONNRESET');
  });

  it('one that only tries the port', async () => {
    await start();
    knock().end();
    const { error } = await server.failure();
    assert.deepEqual([error.code, error.message], ['ECONNRESET', 'socket hang up']);
  });

  it('one that says nothing, or half a hello: given up after handshakeTimeout', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    await start({ handshakeTimeout: PATIENCE });
    const sockets: net.Socket[] = [];
    for (const words of [Buffer.alloc(0), inRecords(chromiumHello('localhost')).subarray(0, 100)]) {
      const met = once(server.server, 'connection');
      const socket = knock();
      socket.write(words);
      sockets.push(socket);
      await met;
    }
    mock.timers.tick(PATIENCE);
    mock.timers.reset();
    const codes = [(await server.failure()).error.code, (await server.failure()).error.code];
    assert.deepEqual(codes, ['ERR_TLS_HANDSHAKE_TIMEOUT', 'ERR_TLS_HANDSHAKE_TIMEOUT']);
    await Promise.all(sockets.map(gone));
    await serves();
  });

  it('two hundred of them do not keep a client waiting', async () => {
    await start();
    const before = native().handleCounts().contexts;
    const sockets = Array.from({ length: 200 }, (_, index) => {
      const socket = knock();
      const hello = inRecords(chromiumHello('localhost'));
      socket.write(index % 2 === 0 ? hello.subarray(0, index) : octets(index));
      return socket;
    });
    await serves();
    // None of them got as far as Windows.
    assert.ok(native().handleCounts().contexts - before <= 1);
    for (const socket of sockets) socket.destroy();
  });

  it('more handshakes than maxHandshakes wait for their turn', async () => {
    await start({ maxHandshakes: 2 });
    const slow = [knock(), knock()];
    await Promise.all(slow.map((socket) => once(socket, 'connect')));
    const client = server.open();
    const secured = once(client, 'secureConnect');
    let isSecure = false;
    void secured.then(() => (isSecure = true));
    slow[0]?.write('nonsense');
    assert.equal(isSecure, false);
    await secured;
    client.end('served');
    assert.equal(await textOf(client), 'served');
    for (const socket of slow) socket.destroy();
  });

  it('a hundred honest clients at once are served by two handshakes at a time', async () => {
    await start({ maxHandshakes: 2 });
    const answers = Array.from({ length: 100 }, async (_, index) => {
      const client = await server.opened();
      client.end(String(index));
      return textOf(client);
    });
    assert.deepEqual(await Promise.all(answers), [...answers.keys()].map(String));
    assert.deepEqual(server.failures, []);
  });

  describe('OpenSSL s_client', () => {
    before(async function () {
      await needsPeer(this, 'openssl');
    });

    it('that does not trust the certificate: its alert tells', async () => {
      await start({ maxVersion: 'TLSv1.2' });
      const peer = await startPeer('openssl', [
        's_client',
        '-connect',
        `127.0.0.1:${String(server.port)}`,
        '-verify_return_error',
      ]);
      const { error } = await server.failure();
      assert.equal(error.code, 'ERR_SCHANNEL_PEER_REFUSED_CERTIFICATE');
      assert.equal((error as Partial<SchannelError>).alert?.name, 'unknown_ca');
      await peer.stop();
    });

    it('is refused a renegotiation, and the others are served', async () => {
      await start({ maxVersion: 'TLSv1.2' });
      const connected = once(server.server, 'secureConnection') as Promise<[TLSSocket]>;
      const peer = await startPeer('openssl', ['s_client', '-connect', `127.0.0.1:${String(server.port)}`]);
      const [socket] = await connected;
      const failed = once(socket, 'error') as Promise<[NodeJS.ErrnoException]>;
      await peer.waitFor(/New, TLSv1\.2/);
      peer.stdin.write('R\n');
      // ERR_TLS_SESSION_ATTACK in node:tls, after three of them.
      assert.equal((await failed)[0].code, 'ERR_SCHANNEL_PEER_RENEGOTIATION_LIMIT');
      await serves();
      await peer.stop();
    });
  });
});
