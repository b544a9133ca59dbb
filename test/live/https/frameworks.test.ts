import assert from 'node:assert/strict';
import { once } from 'node:events';
import express from 'express';
import fastify from 'fastify';
import nodeHttps from 'node:https';
import { connect } from 'schannel';
import * as https from 'schannel/https';
import * as http2 from 'schannel/http2';
import WebSocket, { WebSocketServer, type RawData } from 'ws';
import { answerTo, listenOn, startHttps, textOf, type HttpsPeer } from '../../support/https.js';
import { localhostServer, serverRoot } from '../../support/schannel-server.js';

/** A Fastify that listens by itself. */
async function listening(app: {
  listen(options: object): Promise<string>;
}): Promise<{ origin: string; ca: string }> {
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  return {
    origin: `https://localhost:${new URL(address).port}`,
    ca: (await serverRoot()).certificate.cert,
  };
}

describe('frameworks on a server of Schannel, as they are', () => {
  it('Express: routes, bodies, who asks', async () => {
    const { cert, key } = await localhostServer();
    const app = express();
    app.use(express.json());
    app.post('/sum', (request, response) => {
      const { numbers } = request.body as { numbers: number[] };
      response.json({ sum: numbers.reduce((sum, number) => sum + number), secure: request.secure });
    });
    const server = await listenOn(https.createServer({ cert, key }, app));
    const request = nodeHttps.request(`${server.origin}/sum`, {
      method: 'POST',
      ca: server.ca,
      headers: { 'content-type': 'application/json' },
    });
    request.end(JSON.stringify({ numbers: [1, 2, 3] }));
    assert.deepEqual(JSON.parse((await answerTo(request)).body), { sum: 6, secure: true });
    await server.close();
  });

  it('Fastify: routes and hooks, by serverFactory', async () => {
    const { cert, key } = await localhostServer();
    const app = fastify({
      serverFactory: (handler) => https.createServer({ cert, key }, handler) as unknown as nodeHttps.Server,
    });
    app.get('/who/:name', (request) => ({ hello: request.params, ip: request.ip }));
    const { origin, ca } = await listening(app);
    const { body } = await answerTo(nodeHttps.get(`${origin}/who/you`, { ca, agent: false }));
    assert.deepEqual(JSON.parse(body), { hello: { name: 'you' }, ip: '127.0.0.1' });
    await app.close();
  });

  it('Fastify over HTTP/2', async () => {
    const { cert, key } = await localhostServer();
    const app = fastify({
      http2: true,
      serverFactory: (handler) => http2.createSecureServer({ cert, key }, handler as never) as never,
    });
    app.get('/', (request) => ({ version: request.raw.httpVersion, ip: request.ip }));
    const { origin, ca } = await listening(app);
    const session = http2.connect(origin, { ca });
    const body = await textOf(session.request({ ':path': '/' }));
    assert.deepEqual(JSON.parse(body), { version: '2.0', ip: '127.0.0.1' });
    session.close();
    await app.close();
  });
});

for (const kind of ['node:https', 'schannel'] as const) {
  describe(`WebSockets with a server of ${kind}`, () => {
    let server: HttpsPeer;
    before(async () => {
      const started = await startHttps(kind, (_request, response) => void response.end());
      new WebSocketServer({ server: started.server }).on('connection', (socket) => {
        socket.on('message', (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }));
      });
      server = started;
    });
    after(() => server.close());

    const clients: readonly [how: string, open: () => WebSocket][] = [
      [
        'agent',
        () =>
          new WebSocket(server.origin.replace('https', 'wss'), { agent: new https.Agent({ ca: server.ca }) }),
      ],
      [
        'createConnection',
        () =>
          new WebSocket(server.origin.replace('https', 'wss'), {
            createConnection: (() => connect({ port: server.port, ca: server.ca })) as never,
          }),
      ],
    ];
    for (const [how, open] of clients) {
      it(`ws by ${how}: messages there and back, and a close with its code`, async () => {
        const socket = open();
        await once(socket, 'open');
        for (const message of ['text', 'x'.repeat(200_000)]) {
          socket.send(message);
          const [data] = (await once(socket, 'message')) as [RawData];
          assert.equal((data as Buffer).toString(), message);
        }
        socket.close(4000, 'enough');
        const [code] = (await once(socket, 'close')) as [number];
        assert.equal(code, 4000);
      });
    }

    it('nobody vouches for the server: the error of the socket', async () => {
      const socket = new WebSocket(server.origin.replace('https', 'wss'), { agent: new https.Agent() });
      const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
      assert.match(String(error.code), /UNABLE_TO_|SELF_SIGNED/);
    });
  });
}
