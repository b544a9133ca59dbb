import assert from 'node:assert/strict';
import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket, connect } from 'schannel';
import { digestOf, digestOfOctets, octetStream } from '../../support/octets.js';
import { localhostIdentity } from '../../support/tls-server.js';

describe('HTTP', () => {
  let server: https.Server;
  let port: number;
  let ca: string;
  before(async () => {
    const identity = await localhostIdentity();
    ({ ca } = identity);
    server = https.createServer(identity.certificate, (request, response) => {
      if (request.method === 'POST') request.pipe(response);
      else response.end(`you asked for ${String(request.url)}`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  const answerTo = async (request: http.ClientRequest): Promise<IncomingMessage> => {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  };
  const bodyOf = async (response: IncomingMessage): Promise<string> =>
    Buffer.concat((await response.toArray()) as Buffer[]).toString();

  it('http.request speaks over it by createConnection', async () => {
    const createConnection = (): Duplex => connect({ port, host: 'localhost', ca });
    const request = http.request({ path: '/one', createConnection }).end();
    const response = await answerTo(request);
    assert.equal(response.statusCode, 200);
    assert.ok(response.socket instanceof TLSSocket && response.socket.authorized);
    assert.equal(await bodyOf(response), 'you asked for /one');
  });

  it('an agent keeps the connection for the next request', async () => {
    let made = 0;
    class SchannelAgent extends https.Agent {
      override createConnection(options: https.RequestOptions): Duplex {
        made += 1;
        return connect({ port, host: String(options.host), ca });
      }
    }
    const agent = new SchannelAgent({ keepAlive: true });
    const sockets = new Set<unknown>();
    for (const path of ['/one', '/two']) {
      const response = await answerTo(https.get({ host: 'localhost', port, path, agent }));
      sockets.add(response.socket);
      assert.equal(await bodyOf(response), `you asked for ${path}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(sockets.size, 1);
    assert.equal(made, 1);
    agent.destroy();
  });

  it('sends and receives a large body at once', async () => {
    const length = 3_000_000;
    const createConnection = (): Duplex => connect({ port, host: 'localhost', ca });
    const request = http.request({ method: 'POST', createConnection });
    octetStream(length).pipe(request);
    const response = await answerTo(request);
    assert.deepEqual(await digestOf(response), { length, digest: digestOfOctets(length) });
  });

  it('a server nobody vouches for fails the request', async () => {
    const request = http.request({ createConnection: () => connect({ port, host: 'localhost' }) }).end();
    await assert.rejects(once(request, 'response'), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  });
});
