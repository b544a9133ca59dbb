import assert from 'node:assert/strict';
import { once } from 'node:events';
import type http from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createRedirectServer,
  type RedirectServerOptions,
} from '#lib/apps/acme/challenge/redirect-server.js';
import { rawRequest, type RawAnswer } from '../../../../support/raw-http.js';

describe('apps/acme/challenge/redirect-server', () => {
  let server: http.Server;
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  async function start(options: Partial<RedirectServerOptions> = {}): Promise<void> {
    server = createRedirectServer({ hosts: ['bar.example', '*.bar.example'], ...options });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }

  const send = (...lines: readonly string[]): Promise<RawAnswer> =>
    rawRequest((server.address() as AddressInfo).port, ...lines);

  const get = (path: string, host = 'bar.example', method = 'GET'): Promise<RawAnswer> =>
    send(`${method} ${path} HTTP/1.1`, `Host: ${host}`);

  const tokens = { answerFor: (token: string) => (token === 'abc_-1' ? 'abc_-1.thumbprint' : null) };

  it('answers a challenge that is known', async () => {
    await start({ tokens });
    const { status, headers, body } = await get('/.well-known/acme-challenge/abc_-1', 'other.example');
    assert.deepEqual([status, body], [200, 'abc_-1.thumbprint']);
    assert.equal(headers.get('content-type'), 'application/octet-stream');
    assert.equal((await get('/.well-known/acme-challenge/abc_-1', 'bar.example', 'HEAD')).body, '');
  });

  for (const path of ['abd', '', 'abc_-1/', 'abc_-1?x', '../abc_-1', '%61bc_-1', 'a'.repeat(129)]) {
    it(`answers 404 and does not redirect: ${path.slice(0, 20)}`, async () => {
      await start({ tokens });
      const { status, headers } = await get(`/.well-known/acme-challenge/${path}`);
      assert.equal(status, 404);
      assert.equal(headers.get('location'), undefined);
    });
  }

  it('answers no challenge that is not asked for by GET, and none if its source fails', async () => {
    await start({ tokens });
    assert.equal((await get('/.well-known/acme-challenge/abc_-1', 'bar.example', 'POST')).status, 404);
    server.close();
    await start({ tokens: { answerFor: () => Promise.reject(new Error('full disk')) } });
    assert.equal((await get('/.well-known/acme-challenge/abc_-1')).status, 404);
  });

  it('answers 500 if the function that decides fails, and goes on', async () => {
    await start({
      hosts: (host) => {
        if (host === 'bad.example') throw new Error('no database');
        return true;
      },
    });
    const { status, headers, body } = await get('/', 'bad.example');
    assert.deepEqual([status, headers.get('location'), body], [500, undefined, '']);
    assert.equal((await get('/', 'bar.example')).status, 301);
  });

  for (const [path, host, location] of [
    ['/', 'bar.example', 'https://bar.example/'],
    ['/a?b=c&d', 'BAR.example:8080', 'https://bar.example/a?b=c&d'],
    ['/', 'www.bar.example', 'https://www.bar.example/'],
    ['//evil.example/a', 'bar.example', 'https://bar.example//evil.example/a'],
    ['/\\evil.example', 'bar.example', 'https://bar.example//evil.example'],
    ['/a%0d%0ab', 'bar.example', 'https://bar.example/a%0d%0ab'],
    ['/../../a', 'bar.example', 'https://bar.example/a'],
  ] as const) {
    it(`redirects ${host}${path}`, async () => {
      await start();
      const { status, headers } = await get(path, host);
      assert.deepEqual([status, headers.get('location')], [301, location]);
    });
  }

  it('keeps method and body of other requests, and reads nothing', async () => {
    await start();
    const { status, headers } = await send(
      'POST /a HTTP/1.1',
      'Host: bar.example',
      'Content-Length: 1000000',
    );
    assert.deepEqual([status, headers.get('location')], [308, 'https://bar.example/a']);
    assert.equal(headers.get('connection'), 'close');
  });

  it('names another port of the HTTPS server', async () => {
    await start({ httpsPort: 8443 });
    assert.equal((await get('/a')).headers.get('location'), 'https://bar.example:8443/a');
  });

  for (const [host, status] of [
    ['evil.example', 421],
    ['a.b.bar.example', 421],
    ['bar.example.evil.example', 421],
    ['bar.example@evil.example', 400],
    ['bar.example/', 400],
    ['', 400],
    ['[::1', 400],
  ] as const) {
    it(`does not send visitors of ${JSON.stringify(host)} anywhere`, async () => {
      await start();
      const answer = await get('/', host);
      assert.deepEqual([answer.status, answer.headers.get('location')], [status, undefined]);
    });
  }

  it('refuses a path that is a whole address, as proxies get them', async () => {
    await start();
    assert.equal((await get('http://bar.example/')).status, 400);
  });

  it('refuses headers that are too long', async () => {
    await start();
    assert.equal((await send('GET / HTTP/1.1', 'Host: bar.example', `A: ${'a'.repeat(9000)}`)).status, 431);
  });

  it('takes no promise for an answer', async () => {
    await start({ hosts: (() => Promise.resolve(true)) as never });
    assert.equal((await get('/')).status, 421);
  });

  it('checks its options', () => {
    const make = (options: object) => () => createRedirectServer(options as RedirectServerOptions);
    assert.throws(make({}), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(make({ hosts: ['a b'] }), { code: 'ERR_INVALID_ARG_VALUE' });
    for (const host of [7, 'bar.example/a', 'bar.example:80', 'bar.example?a', ''])
      assert.throws(make({ hosts: [host] }), { code: 'ERR_INVALID_ARG_VALUE' });
    assert.throws(make({ hosts: [], httpsPort: 0 }), { code: 'ERR_OUT_OF_RANGE' });
    server = createRedirectServer({ hosts: (host) => host === 'a' });
  });
});
