import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { connect, TLSSocket as SchannelSocket } from 'schannel';
import * as https from 'schannel/https';
import { answerTo, startHttps, type HttpsPeer, type ServerKind } from '../../support/https.js';
import { digestOf, digestOfOctets, octetStream } from '../../support/octets.js';

/** Answers by path; '/connection' with the number of the connection that asked. */
function serve(request: http.IncomingMessage, response: http.ServerResponse): void {
  if (request.url === '/connection') {
    const socket = request.socket as Socket & { number?: number };
    socket.number ??= ++connections;
    response.end(String(socket.number));
  } else if (request.url === '/echo') {
    request.pipe(response);
  } else if (request.url === '/digest') {
    void digestOf(request).then((digest) => response.end(JSON.stringify(digest)));
  } else if (request.url === '/never') {
    response.on('error', () => undefined);
  } else if (request.url === '/name') {
    response.end(String(Reflect.get(request.socket, 'servername')));
  } else {
    response.writeHead(404).end('nothing here');
  }
}
let connections = 0;

for (const kind of ['node:https', 'schannel'] satisfies ServerKind[]) {
  describe(`requests to ${kind}`, () => {
    let server: HttpsPeer;
    let agent: https.Agent;
    before(async () => {
      server = await startHttps(kind, serve);
    });
    beforeEach(() => {
      agent = new https.Agent({ keepAlive: true, ca: server.ca });
    });
    afterEach(() => agent.destroy());
    after(() => server.close());

    const get = (path: string, options: https.RequestOptions = {}) =>
      https.get(`${server.origin}${path}`, { agent, ...options });

    it('get: every form', async () => {
      const { port, ca } = server;
      const forms = [
        https.get(`${server.origin}/name`, { ca }),
        https.get(new URL(`${server.origin}/name`), { ca }),
        https.get({ host: 'localhost', port, path: '/name', ca }),
        https.get({ hostname: 'localhost', port, path: '/name', agent }),
      ];
      for (const { status, body } of await Promise.all(forms.map(answerTo))) {
        assert.deepEqual([status, body], [200, 'localhost']);
      }
    });

    it('the listener hears of the answer, whatever comes before it', async () => {
      for (const args of [
        [`${server.origin}/name`, { agent }],
        [{ host: 'localhost', port: server.port, path: '/name', agent }],
      ] as const) {
        await new Promise<void>((resolve) => {
          const listener = (response: http.IncomingMessage): void => {
            response.resume();
            resolve();
          };
          Reflect.apply(https.get, null, [...args, listener]);
        });
      }
    });

    it('requests share a connection', async () => {
      const first = await answerTo(get('/connection'));
      const request = get('/connection');
      const second = await answerTo(request);
      assert.equal(first.body, second.body);
      assert.equal(request.reusedSocket, true);
      assert.ok(request.socket instanceof SchannelSocket);
    });

    it('but not one with another identity or another trust', async () => {
      const bodies = [];
      for (const options of [
        {},
        { checkServerIdentity: () => undefined },
        { certificate: () => null },
        { revocation: 'soft' as const },
        { rejectUnauthorized: false },
      ]) {
        bodies.push((await answerTo(get('/connection', options))).body);
      }
      assert.equal(new Set(bodies).size, bodies.length);
    });

    it('maxSockets: the others wait', async () => {
      const narrow = new https.Agent({ keepAlive: true, maxSockets: 2, ca: server.ca });
      const requests = Array.from({ length: 6 }, () =>
        answerTo(https.get(`${server.origin}/connection`, { agent: narrow })),
      );
      assert.equal(Object.values(narrow.requests).flat().length, 4);
      const bodies = (await Promise.all(requests)).map(({ body }) => body);
      assert.equal(new Set(bodies).size, 2);
      narrow.destroy();
    });

    it('POST: 4 MiB stream up and come back', async () => {
      const length = 4 * 1024 * 1024;
      const request = https.request(`${server.origin}/echo`, { method: 'POST', agent });
      const answered = once(request, 'response');
      const [, [response]] = await Promise.all([
        pipeline(octetStream(length), request),
        answered as Promise<[http.IncomingMessage]>,
      ]);
      assert.deepEqual(await digestOf(response), { length, digest: digestOfOctets(length) });
    });

    it('a timeout is told, and the request can be given up', async () => {
      const request = get('/never', { timeout: 50 });
      await once(request, 'timeout');
      request.destroy(new Error('too long'));
      const [error] = (await once(request, 'error')) as [Error];
      assert.equal(error.message, 'too long');
    });

    it('a signal gives a request up', async () => {
      const giveUp = new AbortController();
      const request = get('/never', { signal: giveUp.signal });
      request.once('socket', () => giveUp.abort());
      const [error] = (await once(request, 'error')) as [Error];
      assert.equal(error.name, 'AbortError');
    });

    it('a connection that outlives its request does not hang on its signal', async () => {
      const giveUp = new AbortController();
      const first = await answerTo(get('/connection', { signal: giveUp.signal }));
      giveUp.abort();
      assert.equal((await answerTo(get('/connection'))).body, first.body);
    });

    it('destroy(): idle connections end', async () => {
      const request = get('/connection');
      await answerTo(request);
      const { socket } = request;
      assert.ok(socket);
      agent.destroy();
      if (!socket.closed) await once(socket, 'close');
      assert.equal(socket.destroyed, true);
    });

    it('agent: false opens a connection for one request', async () => {
      const request = https.get(`${server.origin}/name`, { agent: false, ca: server.ca });
      const { headers } = await answerTo(request);
      assert.equal(headers.connection, 'close');
    });

    it('a server nobody vouches for is the error of the request', async () => {
      const request = https.get(`${server.origin}/name`);
      const [error] = (await once(request, 'error')) as [NodeJS.ErrnoException];
      assert.match(String(error.code), /UNABLE_TO_|SELF_SIGNED/);
    });

    it('one with another name as well', async () => {
      const request = get('/name', { servername: 'elsewhere.example' });
      const [error] = (await once(request, 'error')) as [NodeJS.ErrnoException];
      assert.equal(error.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
    });

    it('the Host header is the name, as in node:https', async () => {
      const request = get('/name', { headers: { host: 'elsewhere.example' } });
      const [error] = (await once(request, 'error')) as [NodeJS.ErrnoException];
      assert.equal(error.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
    });

    it('goes through a proxy by CONNECT and `socket`', async () => {
      const proxy = http.createServer();
      proxy.on('connect', (request, client: Socket) => {
        const upstream = net.connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
          client.write('HTTP/1.1 200 Connection established\r\n\r\n');
          client.pipe(upstream).pipe(client);
        });
        client.on('error', () => upstream.destroy());
        upstream.on('error', () => client.destroy());
      });
      proxy.listen(0, '127.0.0.1');
      await once(proxy, 'listening');
      const { port } = proxy.address() as net.AddressInfo;
      const tunnel = http
        .request({ host: '127.0.0.1', port, method: 'CONNECT', path: `localhost:${server.port}` })
        .end();
      const [, socket] = (await once(tunnel, 'connect')) as [unknown, Socket];
      const { body } = await answerTo(
        https.get(`${server.origin}/name`, { socket, agent: false, ca: server.ca }),
      );
      assert.equal(body, 'localhost');
      proxy.closeAllConnections();
      proxy.close();
    });

    it('createConnection is asked in place of an agent', async () => {
      const { port, ca } = server;
      const request = https.get(`${server.origin}/name`, {
        createConnection: () => connect({ host: 'localhost', port, ca }),
      });
      assert.equal((await answerTo(request)).body, 'localhost');
    });

    it('the default agent can be replaced', async () => {
      const replaceable = https as { globalAgent: http.Agent };
      const { globalAgent } = replaceable;
      replaceable.globalAgent = agent;
      try {
        assert.equal((await answerTo(https.get(`${server.origin}/name`))).body, 'localhost');
      } finally {
        replaceable.globalAgent = globalAgent;
      }
    });
  });
}

describe('what comes unprompted', () => {
  it("on an idle connection ends it, and is nobody's answer", async () => {
    const sockets: Socket[] = [];
    const server = await startHttps(
      'node:https',
      (request, response) => {
        sockets.push(request.socket);
        response.end('asked');
      },
      { keepAliveTimeout: 0 },
    );
    const agent = new https.Agent({ keepAlive: true, ca: server.ca });
    const request = https.get(server.origin, { agent });
    await answerTo(request);
    const { socket } = request;
    assert.ok(socket);
    sockets[0]?.write('HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nunasked');
    await once(socket, 'close');
    assert.equal((await answerTo(https.get(server.origin, { agent }))).body, 'asked');
    agent.destroy();
    await server.close();
  });
});
