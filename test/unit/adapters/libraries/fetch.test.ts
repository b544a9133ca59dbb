import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFetch } from 'schannel/fetch';

// TLS is shown where there is Schannel: test/live/libraries.
describe('adapters/libraries/fetch', () => {
  let server: http.Server;
  let url: string;
  before(async () => {
    server = http.createServer((request, response) => {
      response.setHeader('content-type', request.headers['content-type'] ?? 'none');
      request.pipe(response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  it("takes and gives objects of Node's own fetch", async () => {
    const fetch = createFetch();
    const answer = await fetch(new Request(url, { method: 'POST', body: 'hello' }));
    assert.ok(answer instanceof Response);
    assert.equal(await answer.text(), 'hello');
    const body = new FormData();
    body.set('name', 'value');
    const form = await fetch(url, { method: 'POST', body });
    assert.match(await form.text(), /name="name"\r\n\r\nvalue\r\n/);
  });

  it('ends a request by its signal', async () => {
    await assert.rejects(createFetch()(url, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  });
});
