import assert from 'node:assert/strict';
import { HttpsProxyAgent } from 'https-proxy-agent-7';
import * as https from 'schannel/https';
import { answerTo, listenOn, startHttps, type HttpsPeer } from '../../support/https.js';
import { createProxy, type ProxyAgentClass } from '../../support/proxy.js';
import { localhostServer } from '../../support/schannel-server.js';

describe('schannel/https with an agent of https-proxy-agent', () => {
  let server: HttpsPeer;
  before(async () => {
    server = await startHttps('node:https', (request, response) => {
      response.end(`${request.method} ${request.url}`);
    });
  });
  after(() => server.close());

  for (const kind of ['http', 'https'] as const) {
    it(`gets through an ${kind.toUpperCase()} proxy`, async () => {
      const { ca, port, origin } = server;
      const proxy = await listenOn(createProxy(kind === 'https' ? await localhostServer() : null));
      const Agent = HttpsProxyAgent as unknown as ProxyAgentClass;
      const agent = new Agent(`${kind}://localhost:${proxy.port}`, { ca });
      const forms = [
        https.get(`${origin}/url`, { agent, ca }),
        https.get({ host: 'localhost', port, path: '/options', agent, ca }),
        https.request(new URL(`${origin}/url`), { agent, ca, method: 'POST' }).end('body'),
        https.request({ host: 'localhost', port, path: '/options', agent, ca, method: 'POST' }).end('body'),
      ];
      const bodies = (await Promise.all(forms.map(answerTo))).map(({ body }) => body);
      assert.deepEqual(bodies, ['GET /url', 'GET /options', 'POST /url', 'POST /options']);
      await proxy.close();
    });
  }
});
