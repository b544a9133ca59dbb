import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { staticFiles, type StaticOptions } from '#lib/web/static/static-files.js';
import { rawRequest, type RawAnswer } from '../../../support/raw-http.js';

describe('web/static/static-files', () => {
  let folder: string;
  let server: http.Server;

  before(async () => {
    const top = await mkdtemp(path.join(tmpdir(), 'schannel-static-'));
    folder = path.join(top, 'site');
    await mkdir(path.join(folder, 'sub'), { recursive: true });
    await mkdir(path.join(folder, '.well-known'));
    await writeFile(path.join(top, 'secret'), 'secret');
    await writeFile(path.join(folder, 'index.html'), '<p>home');
    await writeFile(path.join(folder, 'about.html'), '<p>about');
    await writeFile(path.join(folder, 'ten.txt'), '0123456789');
    await writeFile(path.join(folder, 'sub', 'index.html'), '<p>sub');
    await writeFile(path.join(folder, '.well-known', 'security.txt'), 'Contact: x');
    // A junction takes no rights on Windows; elsewhere it is a link like any other.
    await symlink(path.join(folder, 'gone'), path.join(folder, 'dangling'), 'junction');
  });

  after(() => rm(path.dirname(folder), { recursive: true }));

  async function start(options: Partial<StaticOptions> = {}): Promise<void> {
    const files = staticFiles({ folder, ...options });
    server = http.createServer((request, response) => {
      void files(request, response).then((outcome) => {
        if (outcome !== 'sent') response.writeHead(outcome, { 'x-outcome': 'none' }).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }

  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  const get = (url: string, headers: readonly string[] = [], method = 'GET'): Promise<RawAnswer> =>
    rawRequest(
      (server.address() as AddressInfo).port,
      `${method} ${url} HTTP/1.1`,
      'Host: bar.example',
      ...headers,
    );

  it('sends a file with its type, and only its head for HEAD', async () => {
    await start();
    const { status, headers, body } = await get('/ten.txt?x');
    assert.deepEqual([status, body], [200, '0123456789']);
    assert.equal(headers.get('content-type'), 'text/plain; charset=utf-8');
    assert.equal(headers.get('cache-control'), 'public, max-age=0');
    const head = await get('/ten.txt', [], 'HEAD');
    assert.deepEqual([head.status, head.body, head.headers.get('content-length')], [200, '', '10']);
  });

  it('sends the index of a folder, and redirects to it', async () => {
    await start();
    assert.equal((await get('/')).body, '<p>home');
    assert.equal((await get('/sub/')).body, '<p>sub');
    const { status, headers } = await get('/sub');
    assert.deepEqual([status, headers.get('location')], [301, '/sub/']);
    assert.equal((await get('//sub')).headers.get('location'), '/sub/');
  });

  it('has an index, extensions and an age as the options say', async () => {
    await start({ index: false, extensions: ['html'], maxAge: 60 });
    assert.equal((await get('/')).status, 404);
    const { body, headers } = await get('/about');
    assert.deepEqual([body, headers.get('cache-control')], ['<p>about', 'public, max-age=60']);
  });

  for (const [range, status, body, content] of [
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=8-', 206, '89', 'bytes 8-9/10'],
    ['bytes=20-', 416, '', 'bytes */10'],
    ['bytes=5-2', 416, '', 'bytes */10'],
    ['bytes=x', 200, '0123456789', undefined],
    ['lines=1-2', 200, '0123456789', undefined],
  ] as const) {
    it(`answers Range: ${range} with ${status}`, async () => {
      await start();
      const answer = await get('/ten.txt', [`Range: ${range}`]);
      assert.deepEqual(
        [answer.status, answer.body, answer.headers.get('content-range')],
        [status, body, content],
      );
    });
  }

  it('answers 304 if the client has it, and 412 if it has another one', async () => {
    await start();
    const etag = (await get('/ten.txt')).headers.get('etag') ?? '';
    assert.equal((await get('/ten.txt', [`If-None-Match: ${etag}`])).status, 304);
    assert.equal((await get('/ten.txt', ['If-Match: "other"'])).status, 412);
  });

  it('has nothing for what is missing, hidden, malformed or another method, and writes no header', async () => {
    await start();
    for (const [url, status] of [
      ['/gone.html', 404],
      ['/dangling', 404],
      ['/ten.txt/', 404],
      ['/ten.txt/more', 404],
      ['/../secret', 404],
      ['/%2e%2e%2fsecret', 404],
      ['/ten.txt::$DATA', 404],
      ['/%zz', 400],
    ] as const) {
      const { status: answered, headers } = await get(url);
      assert.deepEqual([url, answered, headers.get('x-outcome')], [url, status, 'none']);
      assert.deepEqual([headers.get('etag'), headers.get('content-type')], [undefined, undefined]);
    }
    assert.equal((await get('/ten.txt', ['Content-Length: 0'], 'POST')).status, 405);
  });

  it('sends what is in /.well-known/', async () => {
    await start();
    assert.equal((await get('/.well-known/security.txt')).body, 'Contact: x');
  });

  it('refuses options that are none', () => {
    assert.throws(() => staticFiles(undefined as never), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => staticFiles({ folder: 1 } as never), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => staticFiles(path.join(folder, 'none')), { code: 'ERR_INVALID_ARG_VALUE' });
    assert.throws(() => staticFiles(path.join(folder, 'ten.txt')), { code: 'ERR_INVALID_ARG_VALUE' });
    assert.throws(() => staticFiles({ folder, maxAge: -1 }), { code: 'ERR_OUT_OF_RANGE' });
  });
});
