import assert from 'node:assert/strict';
import { once } from 'node:events';
import type http from 'node:http';
import nodeHttps from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { connect, Server as SchannelServer, TLSSocket } from 'schannel';
import * as https from 'schannel/https';
import { answerTo, listenOn, startHttps, type HttpsPeer } from '../../support/https.js';
import { localhostServer } from '../../support/schannel-server.js';

const ours = async (
  listener: http.RequestListener,
  options: https.ServerOptions = {},
): Promise<HttpsPeer & { readonly server: https.Server }> => {
  const { cert, key } = await localhostServer();
  const server = https.createServer({ cert, key, ...options }, listener);
  return { ...(await listenOn(server)), server };
};

const hello: http.RequestListener = (_request, response) => void response.end('hello');

describe('an HTTPS server of Schannel', () => {
  it('has the properties of https.Server, with its defaults', async () => {
    const { cert, key } = await localhostServer();
    const server = https.createServer({ cert, key });
    const node = nodeHttps.createServer({ cert, key });
    assert.ok(server instanceof https.Server);
    assert.ok(server instanceof SchannelServer);
    assert.ok(server instanceof net.Server);
    for (const name of [
      'timeout',
      'headersTimeout',
      'requestTimeout',
      'keepAliveTimeout',
      'maxHeadersCount',
      'connectionsCheckingInterval',
      'requireHostHeader',
      'httpAllowHalfOpen',
    ]) {
      assert.equal(Reflect.get(server, name), Reflect.get(node, name), name);
    }
  });

  it('refuses what http.Server refuses', () => {
    for (const options of [{ headersTimeout: 2, requestTimeout: 1 }, { maxHeaderSize: -1 }]) {
      assert.throws(() => https.createServer(options), { code: 'ERR_OUT_OF_RANGE' });
    }
    assert.throws(() => https.createServer('options' as unknown as object), { code: 'ERR_INVALID_ARG_TYPE' });
  });

  it('answers node:https, and tells the request of TLS', async () => {
    const server = await ours((request, response) => {
      assert.ok(request.socket instanceof TLSSocket);
      response.end(`${request.socket.servername} ${request.socket.alpnProtocol} ${request.socket.encrypted}`);
    });
    const request = nodeHttps.get(server.origin, { ca: server.ca, ALPNProtocols: ['http/1.1'] } as object);
    assert.equal((await answerTo(request)).body, 'localhost http/1.1 true');
    await server.close();
  });

  it('chooses http/1.1 of what is offered, unless told otherwise', async () => {
    for (const [options, chosen] of [
      [{}, 'http/1.1'],
      [{ ALPNProtocols: ['other'] }, 'other'],
      [{ ALPNCallback: () => 'called' }, 'called'],
    ] as const) {
      const server = await ours(hello, options);
      const { port, ca } = server;
      const client = connect({ port, ca, ALPNProtocols: ['called', 'other', 'h2', 'http/1.1'] });
      await once(client, 'secureConnect');
      assert.equal(client.alpnProtocol, chosen);
      client.destroy();
      await server.close();
    }
  });

  it('serves any stream by emit("connection")', async () => {
    const server = await ours(hello);
    const front = net.createServer((socket) => server.server.emit('connection', socket));
    const { port, close } = await listenOn(front);
    const { body } = await answerTo(nodeHttps.get({ port, host: 'localhost', ca: server.ca, agent: false }));
    assert.equal(body, 'hello');
    await close();
    await server.close();
  });

  it('setTimeout(): a silent connection is told, and not ended by itself', async () => {
    const server = await ours(() => undefined);
    const timedOut = once(server.server, 'timeout');
    server.server.setTimeout(50);
    const request = nodeHttps.get(server.origin, { ca: server.ca }).on('error', () => undefined);
    const [socket] = (await timedOut) as [TLSSocket];
    assert.equal(socket.destroyed, false);
    request.destroy();
    await server.close();
  });

  it('headersTimeout: slow headers are answered 408', async () => {
    const server = await ours(hello, {
      headersTimeout: 50,
      requestTimeout: 100,
      connectionsCheckingInterval: 20,
    });
    const client = connect({ port: server.port, ca: server.ca });
    client.write('GET / HTTP/1.1\r\nHost: loc');
    client.setEncoding('latin1');
    const [answer] = (await once(client, 'data')) as [string];
    assert.match(answer, /^HTTP\/1\.1 408 /);
    client.destroy();
    await server.close();
  });

  it('keepAliveTimeout: an idle connection is ended', async () => {
    const server = await ours(hello, { keepAliveTimeout: 20 });
    const agent = new nodeHttps.Agent({ keepAlive: true, ca: server.ca });
    const request = nodeHttps.get(server.origin, { agent });
    await answerTo(request);
    if (request.socket && !request.socket.closed) await once(request.socket, 'close');
    await server.close();
  });

  it('what ends a handshake is a clientError', async () => {
    const server = await ours(hello);
    const told = once(server.server, 'clientError');
    const stranger = net.connect(server.port, '127.0.0.1', () => stranger.write('GET / HTTP/1.1\r\n\r\n'));
    stranger.on('error', () => undefined);
    const [error, socket] = (await told) as [NodeJS.ErrnoException, TLSSocket];
    assert.match(String(error.code), /^ERR_SCHANNEL_/);
    assert.ok(socket instanceof TLSSocket);
    stranger.destroy();
    await server.close();
  });

  it('reports the socket of a failed handshake, also after what ends the socket', async () => {
    const server = await ours(hello);
    const told = new Promise<string | undefined>((resolve) => {
      server.server.on('tlsClientError', (_error: Error, { remoteAddress, destroyed }: TLSSocket) => {
        assert.equal(destroyed, true);
        resolve(remoteAddress);
      });
    });
    const stranger = net.connect(server.port, '127.0.0.1', () => stranger.write('GET / HTTP/1.1\r\n\r\n'));
    stranger.on('error', () => undefined);
    assert.equal(await told, '127.0.0.1');
    stranger.destroy();
    await server.close();
  });

  it('what is no HTTP is one as well, and answered 400 when nobody listens', async () => {
    const server = await ours(hello);
    const client = connect({ port: server.port, ca: server.ca });
    client.write('nonsense\r\n\r\n');
    client.setEncoding('latin1');
    const [answer] = (await once(client, 'data')) as [string];
    assert.match(answer, /^HTTP\/1\.1 400 /);
    await server.close();
  });

  it('close() ends idle connections, and waits for the busy ones', async () => {
    let finish = (): void => undefined;
    const server = await ours((request, response) => {
      if (request.url === '/busy') finish = () => void response.end('done');
      else response.end('idle');
    });
    const agent = new https.Agent({ keepAlive: true, ca: server.ca });
    const idle = https.get(server.origin, { agent });
    await answerTo(idle);
    const busy = https.get(`${server.origin}/busy`, { agent: false, ca: server.ca });
    await once(server.server, 'request');
    const closed = once(server.server, 'close');
    assert.ok(idle.socket);
    const idleEnded = once(idle.socket, 'close');
    server.server.close();
    await idleEnded;
    assert.equal(busy.socket?.destroyed, false);
    const answered = answerTo(busy);
    finish();
    assert.equal((await answered).body, 'done');
    await closed;
    agent.destroy();
  });

  it('closeAllConnections() cuts what there is', async () => {
    const server = await ours(() => undefined);
    const request = https.get(server.origin, { ca: server.ca });
    const failed = once(request, 'error');
    await once(server.server, 'request');
    server.server.closeAllConnections();
    assert.equal(((await failed) as [NodeJS.ErrnoException])[0].code, 'ECONNRESET');
    await server.close();
  });

  it('an upgrade gets the socket and what came with the request', async () => {
    const server = await ours(hello);
    server.server.on('upgrade', (_request: http.IncomingMessage, socket: net.Socket, head: Buffer) => {
      socket.end(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n${head.toString()}`,
      );
    });
    const client = connect({ port: server.port, ca: server.ca });
    client.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nearly');
    let answer = '';
    for await (const chunk of client) answer += String(chunk);
    assert.match(answer, /^HTTP\/1\.1 101 [^]*early$/);
    await server.close();
  });

  it('asks for a client certificate, and tells the request that there is none', async () => {
    const server = await ours(
      (request, response) => void response.end(String((request.socket as unknown as TLSSocket).authorized)),
      { requestCert: true, rejectUnauthorized: false },
    );
    assert.equal((await answerTo(nodeHttps.get(server.origin, { ca: server.ca }))).body, 'false');
    await server.close();
  });

  it('node:https serves the same: what tests expect is Node, not us', async () => {
    const server = await startHttps('node:https', hello);
    const client = tls.connect({ port: server.port, ca: server.ca, servername: 'localhost' });
    client.end('nonsense\r\n\r\n');
    client.setEncoding('latin1');
    const [answer] = (await once(client, 'data')) as [string];
    assert.match(answer, /^HTTP\/1\.1 400 /);
    await server.close();
  });
});
