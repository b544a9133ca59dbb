import assert from 'node:assert/strict';
import { once } from 'node:events';
import axios from 'axios';
import type http from 'node:http';
import net from 'node:net';
import * as https from 'schannel/https';
import { schannelConnector, type ConnectorTarget } from 'schannel/undici';
import * as undici from 'undici';
import { listenOn, startHttps, textOf, type HttpsPeer } from '../../support/https.js';

/** Sends back method, path, body, and the number of the connection. */
async function serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  let number = numbers.get(request.socket);
  if (number === undefined) numbers.set(request.socket, (number = ++last));
  const body = await textOf(request);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ method: request.method, path: request.url, body, number }));
}
const numbers = new WeakMap<object, number>();
let last = 0;

interface Echo {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly number: number;
}

/** A request by one of the libraries; the answer's body. */
type Send = (url: string, method: 'GET' | 'POST', body?: string) => Promise<Echo>;

/** Of the error and those that it wraps. */
function codesOf(error: unknown): string {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return `${String(code)} ${cause === undefined ? '' : codesOf(cause)}`;
}

const start = (): Promise<HttpsPeer> =>
  startHttps('node:https', (request, response) => void serve(request, response));

describe('libraries that make requests', () => {
  let server: HttpsPeer;
  /** One that trusts the server, and one that does not. */
  let agents: readonly [https.Agent, https.Agent];
  let dispatchers: readonly [undici.Agent, undici.Agent];
  before(async () => {
    server = await start();
    const { ca } = server;
    agents = [new https.Agent({ keepAlive: true, ca }), new https.Agent()];
    dispatchers = [
      new undici.Agent({ connections: 1, connect: schannelConnector({ ca }) }),
      new undici.Agent({ connections: 1, connect: schannelConnector() }),
    ];
  });
  after(async () => {
    for (const agent of agents) agent.destroy();
    for (const dispatcher of dispatchers) await dispatcher.destroy();
    await server.close();
  });

  const byAxios =
    (which: 0 | 1): Send =>
    async (url, method, data) =>
      (
        await axios.request<Echo>({
          url,
          method,
          data,
          httpsAgent: agents[which],
          adapter: 'http',
          proxy: false,
        })
      ).data;
  const byGot =
    (which: 0 | 1): Send =>
    async (url, method, body) => {
      const { got } = await import('got');
      return got(url, {
        method,
        agent: { https: agents[which] },
        retry: { limit: 0 },
        ...(body && { body }),
      }).json();
    };
  const byNodeFetch =
    (which: 0 | 1): Send =>
    async (url, method, body) => {
      const { default: fetch } = await import('node-fetch');
      const answer = await fetch(url, { method, agent: agents[which], ...(body && { body }) });
      return (await answer.json()) as Echo;
    };
  const byUndici =
    (which: 0 | 1): Send =>
    async (url, method, body) => {
      const { body: answer } = await undici.request(url, {
        method,
        dispatcher: dispatchers[which],
        ...(body && { body }),
      });
      return (await answer.json()) as Echo;
    };
  const byFetch =
    (which: 0 | 1): Send =>
    async (url, method, body) => {
      const init: object = { method, dispatcher: dispatchers[which], ...(body && { body }) };
      return (await (await fetch(url, init)).json()) as Echo;
    };

  const libraries: readonly [name: string, by: (which: 0 | 1) => Send][] = [
    ['axios', byAxios],
    ['got', byGot],
    ['node-fetch', byNodeFetch],
    ['undici', byUndici],
    ['the fetch of Node', byFetch],
  ];
  for (const [name, by] of libraries) {
    it(`${name}: GET and POST, on one connection`, async () => {
      const send = by(0);
      const first = await send(`${server.origin}/get?x=1`, 'GET');
      const second = await send(`${server.origin}/post`, 'POST', 'x'.repeat(100_000));
      assert.deepEqual([first.method, first.path, first.body], ['GET', '/get?x=1', '']);
      assert.deepEqual([second.method, second.path, second.body.length], ['POST', '/post', 100_000]);
      assert.equal(second.number, first.number);
    });

    it(`${name}: tells that nobody vouches for the server`, async () => {
      await assert.rejects(by(1)(server.origin, 'GET'), (error) =>
        /UNABLE_TO_|SELF_SIGNED/.test(codesOf(error)),
      );
    });
  }
});

describe("undici's connector", () => {
  const outcome = (options: object, target: Partial<ConnectorTarget>) =>
    new Promise<[Error | null, net.Socket | null]>((resolve) => {
      schannelConnector(options)(
        { hostname: 'localhost', protocol: 'https:', port: '443', ...target },
        (...result) => resolve(result),
      );
    });

  it('goes on with a tunnel that is there', async () => {
    const server = await start();
    const httpSocket = net.connect(server.port, '127.0.0.1');
    await once(httpSocket, 'connect');
    const [error, socket] = await outcome({ ca: server.ca }, { httpSocket });
    assert.equal(error, null);
    assert.equal(socket?.remotePort, server.port);
    socket.destroy();
    await server.close();
  });

  it('speaks HTTP without TLS where that is asked for', async () => {
    const server = await listenOn(net.createServer((socket) => void socket.end('plain')));
    const [error, socket] = await outcome(
      {},
      { protocol: 'http:', hostname: '127.0.0.1', port: String(server.port) },
    );
    assert.equal(error, null);
    assert.ok(socket);
    assert.equal(await textOf(socket), 'plain');
    await server.close();
  });

  it('gives up after connectTimeout', async () => {
    const server = await listenOn(net.createServer());
    const [error] = await outcome({ connectTimeout: 50 }, { port: String(server.port) });
    assert.equal((error as NodeJS.ErrnoException).code, 'UND_ERR_CONNECT_TIMEOUT');
    await server.close();
  });

  it('reports an option that cannot be honoured', async () => {
    const [error] = await outcome({ ciphers: 'HIGH:!aNULL' }, {});
    assert.equal((error as NodeJS.ErrnoException).code, 'ERR_SCHANNEL_OPTION_UNSUPPORTED');
  });
});
