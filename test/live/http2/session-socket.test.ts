import assert from 'node:assert/strict';
import { once } from 'node:events';
import nodeHttp2 from 'node:http2';
import net from 'node:net';
import { connect, TLSSocket } from 'schannel';
import * as http2 from 'schannel/http2';
import { listenOn, textOf } from '../../support/https.js';
import { STANDS_FOR } from '#lib/tls/socket/tls-socket.js';
import { localhostServer } from '../../support/schannel-server.js';

describe('the socket of an HTTP/2 session', () => {
  it('is a TLSSocket for both sides, wherever programs meet it', async () => {
    const { cert, key } = await localhostServer();
    const server = http2.createSecureServer({ cert, key });
    const met: Record<string, unknown> = {};
    server.on('session', (session: nodeHttp2.ServerHttp2Session) => {
      met["the server's session"] = session.socket instanceof TLSSocket;
    });
    server.on('request', (request: nodeHttp2.Http2ServerRequest, response: nodeHttp2.Http2ServerResponse) => {
      met['the request'] = request.socket instanceof TLSSocket;
      response.end();
    });
    const peer = await listenOn(server);
    const session = http2.connect(peer.origin, { ca: peer.ca });
    const [, socket] = (await once(session, 'connect')) as [unknown, net.Socket];
    met["the client's session"] = session.socket instanceof TLSSocket;
    met["the argument of 'connect'"] = socket instanceof TLSSocket;
    met['and a net.Socket'] = session.socket instanceof net.Socket;
    await textOf(session.request());
    session.destroy();
    await peer.close();
    assert.deepEqual(met, {
      "the server's session": true,
      'the request': true,
      "the client's session": true,
      "the argument of 'connect'": true,
      'and a net.Socket': true,
    });
  });

  it('is none of a subclass, and none without TLS', async () => {
    class Special extends TLSSocket {}
    const { cert, key } = await localhostServer();
    const peer = await listenOn(http2.createSecureServer({ cert, key }));
    const session = http2.connect(peer.origin, { ca: peer.ca });
    await once(session, 'connect');
    assert.equal(session.socket instanceof Special, false);
    assert.equal(new Special() instanceof Special, true);
    assert.equal(new Special() instanceof TLSSocket, true);
    assert.equal(new net.Socket() instanceof TLSSocket, false);
    assert.equal((null as unknown) instanceof TLSSocket, false);
    session.destroy();
    await peer.close();
  });

  it('answers for the connection', async () => {
    const { cert, key } = await localhostServer();
    const peer = await listenOn(nodeHttp2.createSecureServer({ cert, key }));
    const socket = connect({ port: peer.port, ca: peer.ca, ALPNProtocols: ['h2'] });
    const session = http2.connect(peer.origin, { ca: peer.ca });
    await Promise.all([once(socket, 'secureConnect'), once(session, 'connect')]);
    const standIn = session.socket as unknown as TLSSocket;
    const facts = ({ authorized, truncated, servername, secureConnecting, verification }: TLSSocket) => ({
      authorized,
      truncated,
      servername,
      secureConnecting,
      anchors: verification?.anchors,
    });
    assert.deepEqual(facts(standIn), facts(socket));
    for (const name of [
      'getProtocol',
      'getCipher',
      'getSharedSigalgs',
      'getFinished',
      'getTLSTicket',
    ] as const) {
      assert.deepEqual(standIn[name](), socket[name](), name);
    }
    assert.equal(standIn.getPeerCertificate()?.fingerprint256, socket.getPeerCertificate()?.fingerprint256);
    session.destroy();
    socket.destroy();
    await peer.close();
  });

  it('gets small frames in one chunk', async () => {
    const { cert, key } = await localhostServer();
    const server = http2.createSecureServer({ cert, key });
    let most = 0;
    server.on('session', ({ socket: standIn }: nodeHttp2.ServerHttp2Session) => {
      const socket = Reflect.get(standIn, STANDS_FOR) as TLSSocket;
      socket._writev = (...args): void => {
        most = Math.max(most, args[0].length);
        TLSSocket.prototype._writev.apply(socket, args);
      };
    });
    server.on('request', ({ url }: nodeHttp2.Http2ServerRequest, response: nodeHttp2.Http2ServerResponse) => {
      response.end(url.repeat(50));
    });
    const peer = await listenOn(server);
    const session = http2.connect(peer.origin, { ca: peer.ca });
    const paths = Array.from({ length: 10 }, (_, index) => `/${index}`);
    const texts = await Promise.all(paths.map((path) => textOf(session.request({ ':path': path }))));
    session.destroy();
    await peer.close();
    assert.deepEqual(
      texts,
      paths.map((path) => path.repeat(50)),
    );
    assert.ok(most <= 1, `${most} chunks at once`);
  });

  it('renegotiates no more, by RFC 9113 §9.2.1', async () => {
    const { cert, key } = await localhostServer();
    const peer = await listenOn(nodeHttp2.createSecureServer({ cert, key, maxVersion: 'TLSv1.2' }));
    const socket = connect({ port: peer.port, ca: peer.ca, ALPNProtocols: ['h2'] });
    await once(socket, 'secureConnect');
    const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
      socket.renegotiate({}, resolve);
    });
    assert.equal(error?.code, 'ERR_TLS_RENEGOTIATION_DISABLED');
    socket.destroy();
    await peer.close();
  });
});
