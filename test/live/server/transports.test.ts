import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';
import tls from 'node:tls';
import { connect, createSecureContext, createServer, TLSSocket } from 'schannel';
import { octets } from '../../support/octets.js';
import { localhostServer, SchannelServer, serverRoot, textOf } from '../../support/schannel-server.js';

describe('a server over', () => {
  let identity: { cert: string; key: string };
  let ca: string;
  before(async () => {
    const { cert, key } = await localhostServer();
    identity = { cert, key };
    ca = (await serverRoot()).certificate.cert;
  });

  const ends: Duplex[] = [];
  function pair(): [Duplex, Duplex] {
    const both = duplexPair();
    ends.push(...both);
    return both;
  }
  // An open connection keeps its credential, and with that sessions, which other tests of the process would resume.
  afterEach(() => {
    for (const end of ends.splice(0)) end.destroy();
  });

  /** A client of node:tls that sends 300 kB and gets them back. */
  async function exchange(socket: Duplex): Promise<void> {
    const client = tls.connect({ socket, servername: 'localhost', ca });
    const data = octets(300_000);
    client.end(data);
    assert.ok(Buffer.concat((await client.toArray()) as Buffer[]).equals(data));
  }

  it('a pair in memory, given by the event connection', async () => {
    const server = createServer(identity, (socket) => void socket.pipe(socket));
    const [near, far] = pair();
    server.emit('connection', far);
    await exchange(near);
  });

  it('a bare TLSSocket that is told to be one', async () => {
    const [near, far] = pair();
    const socket = new TLSSocket(far, { isServer: true, ...identity });
    const secured = once(socket, 'secure');
    socket.pipe(socket);
    await exchange(near);
    await secured;
    assert.equal(socket.server, null);
    assert.equal(socket.servername, 'localhost');
  });

  it('a bare TLSSocket with settings made before, and a client of ours', async () => {
    const [near, far] = pair();
    const socket = new TLSSocket(far, { isServer: true, secureContext: createSecureContext(identity) });
    socket.end('hello');
    const client = connect({ socket: near, host: 'localhost', ca });
    assert.equal(await textOf(client), 'hello');
  });

  it('a connection that somebody else took in', async () => {
    const plain = net.createServer((raw) => {
      const socket = new TLSSocket(raw, { isServer: true, ...identity });
      socket.pipe(socket);
    });
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    await exchange(net.connect((plain.address() as net.AddressInfo).port, '127.0.0.1'));
    plain.close();
    await once(plain, 'close');
  });

  // A pipe of Windows has no half of it to close: 50 ms after its own end, libuv takes a quiet one for ended
  // (eof_timeout in its src/win/pipe.c). So the client ends when it has everything.
  it('a named pipe', async () => {
    const path = `\\\\.\\pipe\\schannel-test-${randomUUID()}`;
    const server = createServer(identity, (socket) => void socket.pipe(socket));
    server.listen(path);
    await once(server, 'listening');
    const client = tls.connect({ socket: net.connect(path), servername: 'localhost', ca });
    const data = octets(300_000);
    client.write(data);
    const echoed: Buffer[] = [];
    for await (const chunk of client as AsyncIterable<Buffer>) {
      echoed.push(chunk);
      if (Buffer.concat(echoed).length === data.length) client.end();
    }
    assert.ok(Buffer.concat(echoed).equals(data));
    server.close();
    await once(server, 'close');
  });

  it('another TLS connection of ours', async () => {
    const inner = createServer(identity, (socket) => void socket.pipe(socket));
    const outer = await SchannelServer.start({}, (socket) => void inner.emit('connection', socket));
    await exchange(await outer.opened());
    await outer.close();
  });

  describe('a bare TLSSocket', () => {
    // smtp-server and others name the server that took the connection in.
    for (const [whose, server] of [
      ['nobody', null],
      ['a net.Server', net.createServer()],
    ] as const) {
      it(`of ${whose} tells a failed handshake as an error`, async () => {
        const [near, far] = pair();
        const socket = new TLSSocket(far, { isServer: true, server, ...identity });
        const failed = once(socket, 'error') as Promise<[NodeJS.ErrnoException]>;
        near.write('GET / HTTP/1.1\r\n\r\n');
        assert.equal((await failed)[0].code, 'ERR_SCHANNEL_PEER_NOT_TLS');
      });
    }

    it('asks for a certificate, and rejects nobody unless told to', async () => {
      const [near, far] = pair();
      const socket = new TLSSocket(far, { isServer: true, requestCert: true, ...identity });
      tls.connect({ socket: near, servername: 'localhost', ca }).on('error', () => undefined);
      await once(socket, 'secure');
      assert.deepEqual([socket.authorized, socket.authorizationError], [false, 'UNABLE_TO_GET_ISSUER_CERT']);
      socket.destroy();
    });
  });
});
