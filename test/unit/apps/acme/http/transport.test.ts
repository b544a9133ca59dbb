import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { checkedUrl, httpsTransport } from '#lib/apps/acme/http/transport.js';
import { ScriptedClock } from '../../../../support/scripted-clock.js';

describe('apps/acme/http/transport', () => {
  let server: http.Server;
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  async function start(listener: http.RequestListener): Promise<string> {
    server = http.createServer(listener);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/a`;
  }

  it('sends a request with its length and its user agent, and gets everything', async () => {
    const url = await start((request, response) => {
      response.setHeader('link', ['<a>', '<b>']);
      void request.toArray().then((chunks) => response.end(Buffer.concat(chunks as Buffer[])));
      assert.match(request.headers['user-agent'] ?? '', /^schannel /);
      assert.equal(request.headers['content-length'], '2');
    });
    const answer = await httpsTransport(https)({ method: 'POST', url, body: Buffer.from('hi') });
    assert.deepEqual(
      [answer.status, answer.body.toString(), answer.headers['link']],
      [200, 'hi', '<a>, <b>'],
    );
  });

  it('follows no redirect', async () => {
    let requests = 0;
    const url = await start((_request, response) => {
      requests += 1;
      response.writeHead(302, { location: '/b' }).end();
    });
    assert.equal((await httpsTransport(https)({ method: 'GET', url })).status, 302);
    assert.equal(requests, 1);
  });

  it('takes no more than a megabyte', async () => {
    const url = await start((_request, response) => {
      response.on('error', () => undefined);
      response.end(Buffer.alloc(1_048_577));
    });
    await assert.rejects(httpsTransport(https)({ method: 'GET', url }), { code: 'ERR_SCHANNEL_ACME_ANSWER' });
  });

  it('does not wait without a limit for an answer that goes on and on', async () => {
    const url = await start((_request, response) => {
      response.on('error', () => undefined);
      response.write('{');
    });
    const clock = new ScriptedClock();
    const waiting = httpsTransport(https, undefined, clock)({ method: 'GET', url });
    await once(server, 'request');
    await clock.advance(119_999);
    assert.equal(clock.timers, 1);
    const refused = assert.rejects(waiting, {
      code: 'ERR_SCHANNEL_ACME_ANSWER',
      message: /did not answer\. It took more than 120 seconds/,
    });
    await clock.advance(1);
    await refused;
    assert.equal(clock.timers, 0);
  });

  it('leaves no timer', async () => {
    const url = await start((_request, response) => response.end('{}'));
    const clock = new ScriptedClock();
    await httpsTransport(https, undefined, clock)({ method: 'GET', url });
    assert.equal(clock.waits.length, 1);
    assert.equal(clock.timers, 0);
  });

  it('ends when it is told to', async () => {
    const url = await start(() => undefined);
    const abort = new AbortController();
    const waiting = httpsTransport(https)({ method: 'GET', url, signal: abort.signal });
    await once(server, 'request');
    abort.abort();
    await assert.rejects(waiting, { name: 'AbortError' });
  });

  for (const url of [
    'http://bar.example/',
    'http://127.0.0.1.bar.example/',
    'ftp://127.0.0.1/',
    'https://a@bar.example/',
    'bar.example',
    '',
  ]) {
    it(`sends nothing to ${JSON.stringify(url)}`, () => {
      server = http.createServer();
      assert.throws(() => checkedUrl(url), { code: 'ERR_SCHANNEL_ACME_ANSWER' });
    });
  }

  for (const url of ['https://bar.example/', 'http://localhost:1/', 'http://[::1]/', 'http://127.8.9.1/']) {
    it(`may send to ${url}`, () => {
      server = http.createServer();
      assert.equal(checkedUrl(url).href, url);
    });
  }
});
