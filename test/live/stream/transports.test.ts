import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';
import tls from 'node:tls';
import { ContentType } from '#lib/tls/engine/record.js';
import { connect, type TLSSocket } from 'schannel';
import { EagerDuplex } from '../../support/eager-duplex.js';
import { digestOf, digestOfOctets, octetStream } from '../../support/octets.js';
import { watch } from '../../support/outcome.js';
import { turn } from '../../support/patience.js';
import { splitRecords } from '../../support/records.js';
import { SlowDuplex } from '../../support/slow-duplex.js';
import { localhostIdentity, memoryServer, startTlsServer, type TlsServer } from '../../support/tls-server.js';

const LENGTH = 300_000;

/** Sends and receives 300 kB at once and ends from both sides. */
async function exchange(socket: TLSSocket): Promise<void> {
  const outcome = watch(socket);
  octetStream(LENGTH).pipe(socket);
  assert.deepEqual(await digestOf(socket), { length: LENGTH, digest: digestOfOctets(LENGTH) });
  await outcome.closed;
  assert.deepEqual(outcome.errors, []);
  assert.equal(socket.truncated, false);
}

const echo = (socket: Duplex): void => void socket.pipe(socket);

describe('TLS over', () => {
  let ca: string;
  let server: TlsServer;
  before(async () => {
    ({ ca } = await localhostIdentity());
    server = await startTlsServer(echo);
  });
  after(() => server.close());

  /** What is open keeps the process, even when a test has failed. */
  const opened: TlsServer[] = [];
  const closing = (server: TlsServer): TlsServer => {
    opened.push(server);
    return server;
  };
  afterEach(() => Promise.all(opened.splice(0).map((server) => server.close())));

  it('a pair in memory', async () => {
    const memory = await memoryServer();
    echo(memory.server);
    await exchange(connect({ socket: memory.transport, host: 'localhost', ca }));
  });

  it('a socket that is connected', async () => {
    const transport = net.connect(server.port, '127.0.0.1');
    await once(transport, 'connect');
    const socket = connect({ socket: transport, host: 'localhost', ca });
    assert.equal(socket.connecting, false);
    await exchange(socket);
    assert.equal(transport.destroyed, true);
  });

  it('a socket that is still connecting', async () => {
    const socket = connect({ socket: net.connect(server.port, '127.0.0.1'), host: 'localhost', ca });
    assert.equal(socket.connecting, true);
    const connected = once(socket, 'connect');
    await exchange(socket);
    await connected;
  });

  it('a socket that is going to be connected', async () => {
    const transport = new net.Socket();
    const socket = connect({ socket: transport, host: 'localhost', ca });
    assert.equal(socket.connecting, false);
    await turn();
    transport.connect(server.port, '127.0.0.1');
    await exchange(socket);
  });

  it('a stream that is slow and holds a byte', async () => {
    const memory = await memoryServer();
    echo(memory.server);
    await exchange(connect({ socket: new SlowDuplex(memory.transport), host: 'localhost', ca }));
  });

  it('a stream that calls back before it has passed on what it was given', async () => {
    const memory = await memoryServer();
    echo(memory.server);
    await exchange(connect({ socket: new EagerDuplex(memory.transport), host: 'localhost', ca }));
  });

  it('a stream whose readable end ends its writable', async () => {
    const memory = await memoryServer();
    const { transport, server: peer, far } = memory;
    const sent: Buffer[] = [];
    far.on('data', (chunk: Buffer) => sent.push(chunk));
    transport.allowHalfOpen = false;
    peer.once('secure', () => setImmediate(() => peer.end('bye')));
    const socket = connect({ socket: transport, host: 'localhost', ca, maxVersion: 'TLSv1.2' });
    const outcome = watch(socket);
    assert.equal(String(await once(socket, 'data')), 'bye');
    await outcome.closed;
    assert.deepEqual(outcome.errors, []);
    const records = splitRecords(Buffer.concat(sent));
    assert.equal(records?.at(-1)?.[0], ContentType.Alert, 'close_notify is the last that was sent');
  });

  it('a socket of node:net that the server ends first', async () => {
    let notice: Promise<unknown> | undefined;
    const goodbye = closing(
      await startTlsServer((socket) => {
        socket.resume();
        notice = once(socket, 'end');
        setImmediate(() => socket.end('bye'));
      }),
    );
    const transport = net.connect(goodbye.port, '127.0.0.1');
    const socket = connect({ socket: transport, host: 'localhost', ca });
    const outcome = watch(socket);
    socket.resume();
    await outcome.closed;
    assert.deepEqual(outcome.errors, []);
    await notice;
    assert.deepEqual(goodbye.errors, []);
  });

  /**
   * TLS in TLS. The outer server must not end when its client does: the inner one still has something to say then. And
   * the inner one has a pair in between, or else it would close the carrier before that has read its client's
   * close_notify. TCP resets such a connection, and that takes from the client what it has not read yet.
   */
  async function startNestedServer(): Promise<TlsServer> {
    const { certificate } = await localhostIdentity();
    const serve = (carrier: tls.TLSSocket): void => {
      const [near, far] = duplexPair();
      carrier.pipe(far).pipe(carrier);
      echo(new tls.TLSSocket(near, { isServer: true, ...certificate }));
    };
    return closing(await startTlsServer(serve, { allowHalfOpen: true }));
  }

  it('TLS of node:tls', async () => {
    const outer = await startNestedServer();
    const transport = tls.connect({ port: outer.port, host: 'localhost', ca });
    await exchange(connect({ socket: transport, host: 'localhost', ca }));
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`another TLS, ${version} in TLS`, async () => {
      const outer = await startNestedServer();
      const carrier = connect({ port: outer.port, ca });
      const socket = connect({ socket: carrier, host: 'localhost', ca, maxVersion: version });
      await exchange(socket);
      assert.equal(socket.destroyed && carrier.destroyed, true);
    });
  }

  it('bytes that came before it was asked', async () => {
    const memory = await memoryServer();
    echo(memory.server);
    const transport = new net.Socket();
    transport.connect(server.port, '127.0.0.1');
    await once(transport, 'connect');
    transport.pause();
    await exchange(connect({ socket: transport, host: 'localhost', ca }));
  });

  it('a stream that is gone already', async () => {
    const { transport } = await memoryServer();
    transport.destroy();
    const socket = connect({ socket: transport, host: 'localhost', ca });
    const outcome = watch(socket);
    await outcome.closed;
    assert.deepEqual(
      outcome.errors.map(({ code }) => code),
      ['ECONNRESET'],
    );
  });
});
