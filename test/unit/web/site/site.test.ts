import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import net from 'node:net';
import express from 'express';
import { fastify } from 'fastify';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import type { FallbackStore } from '#lib/web/fallback/fallback-certificate.js';
import type { AcmeManager } from 'schannel/acme';
import { parseServeOptions, type ServeOptions } from '#lib/web/site/options.js';
import { Site, type SiteParts } from '#lib/web/site/site.js';
import { TestAuthority, type TestCertificate } from '../../../support/certificates.js';
import { rawRequest, type RawAnswer, rawRequestOn } from '../../../support/raw-http.js';
import { ScriptedClock } from '../../../support/scripted-clock.js';
import { turn, until } from '../../../support/patience.js';

describe('web/site/site', () => {
  let authority: TestAuthority;
  let leaf: TestCertificate;
  let clock: ScriptedClock;
  const sites: Site[] = [];

  before(async () => {
    authority = await TestAuthority.create('CN=site test authority');
    leaf = await authority.issue();
  });

  beforeEach(() => {
    clock = new ScriptedClock();
  });

  afterEach(async () => {
    for (const site of sites.splice(0)) {
      const end = site.close();
      await clock.advance(10_000);
      await end;
    }
  });

  /** On node:https, with the certificate in a file. */
  async function start(options: Partial<ServeOptions> = {}, parts: Partial<SiteParts> = {}): Promise<Site> {
    const settings = parseServeOptions({
      ...{ names: ['localhost', '127.0.0.1'], address: '127.0.0.1', https: 0, http: 0 },
      ...('store' in options || 'acme' in options ? {} : { cert: leaf.cert, key: leaf.key }),
      ...options,
    });
    const site = new Site(settings, {
      createServer: ({ certificate: _certificate, ...given }) =>
        https.createServer({ cert: leaf.cert, key: leaf.key, ...(given as object) }),
      fallbackStore: () => ({ visit: () => Promise.reject(new Error('no store')) }),
      createManager: () => assert.fail('no manager is needed'),
      clock,
      ...parts,
    });
    sites.push(site);
    await site.start();
    return site;
  }

  const connect = async (site: Site): Promise<tls.TLSSocket> => {
    const socket = tls.connect({
      port: site.httpsPort ?? 0,
      // Also the authority's own, which is for no host.
      rejectUnauthorized: false,
      servername: 'localhost',
    });
    await once(socket, 'secureConnect');
    return socket;
  };

  const get = async (site: Site, url = '/', host = 'localhost', method = 'GET'): Promise<RawAnswer> =>
    rawRequestOn(await connect(site), `${method} ${url} HTTP/1.1`, `Host: ${host}`);

  it('answers by its app, with headers that protect visitors and that the app can change', async () => {
    const site = await start({
      app: (request, response) => {
        response.setHeader('Referrer-Policy', 'no-referrer');
        response.end(`hello ${request.url ?? ''}`);
      },
    });
    const { status, body, headers } = await get(site, '/x');
    assert.deepEqual([status, body], [200, 'hello /x']);
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'self'.*frame-ancestors 'none'/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin');
    assert.equal(headers.get('referrer-policy'), 'no-referrer');
    assert.equal(headers.get('strict-transport-security'), undefined);
  });

  it('sends Strict-Transport-Security if told to, and never with a self-signed certificate', async () => {
    const app: ServeOptions['app'] = (_request, response) => response.end();
    const site = await start({ app, hsts: true });
    assert.equal((await get(site)).headers.get('strict-transport-security'), 'max-age=5184000');
    const own = await start({ app, hsts: true, ...authority.certificate });
    assert.equal((await get(own)).headers.get('strict-transport-security'), undefined);
    assert.equal((await get(site, '/', 'other.example')).headers.get('strict-transport-security'), undefined);
  });

  it('answers for its own names only', async () => {
    let calls = 0;
    const site = await start({ app: (_request, response) => void response.end(String(++calls)) });
    for (const [host, status] of [
      ['localhost', 200],
      ['LOCALHOST:8443', 200],
      ['127.0.0.1', 200],
      ['evil.example', 421],
      ['[::1]', 421],
      ['localhost.evil.example', 421],
      ['a b', 400],
    ] as const) {
      assert.equal((await get(site, '/', host)).status, status, host);
    }
    assert.equal(calls, 3);
  });

  it('sends files, and leaves to its app what is none', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'schannel-site-'));
    try {
      await writeFile(path.join(folder, 'a.txt'), 'a file');
      const site = await start({
        static: folder,
        headers: { 'Cache-Control': 'private' },
        app: ({ method }, response) => response.end(`app ${method ?? ''}`),
      });
      assert.equal((await get(site, '/a.txt')).body, 'a file');
      const { body, headers } = await get(site, '/b.txt');
      assert.deepEqual([body, headers.get('cache-control')], ['app GET', 'private']);
      assert.equal((await get(site, '/a.txt', 'localhost', 'DELETE')).body, 'app DELETE');
      const without = await start({ static: folder });
      assert.equal((await get(without, '/b.txt')).status, 404);
      const refused = await get(without, '/a.txt', 'localhost', 'DELETE');
      assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'GET, HEAD']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('serves apps of Express and of Fastify', async () => {
    const page = express();
    page.get('/express', (_request, response) => void response.send('by Express'));
    const byExpress = await start({ app: page });
    assert.equal((await get(byExpress, '/express')).body, 'by Express');
    assert.equal((await get(byExpress, '/none')).status, 404);

    const api = fastify();
    api.get('/fastify', () => 'by Fastify');
    await api.ready();
    const byFastify = await start({ app: (request, response) => api.routing(request, response) });
    assert.equal((await get(byFastify, '/fastify')).body, 'by Fastify');
    await api.close();
  });

  it('has nothing without an app and a folder', async () => {
    assert.equal((await get(await start())).status, 404);
  });

  for (const [title, app] of Object.entries({
    throws: () => {
      throw new Error('oops');
    },
    rejects: () => Promise.reject(new Error('oops')),
  })) {
    it(`answers 500 and tells if its app ${title}, and goes on`, async () => {
      let fails = true;
      const site = await start({
        app: (_request, response) => {
          if (fails) return app();
          response.end('well');
          return undefined;
        },
      });
      const failure = once(site, 'failure');
      assert.equal((await get(site, '/x')).status, 500);
      const [error, request] = (await failure) as [Error, { url: string }];
      assert.deepEqual([error.message, request.url], ['oops', '/x']);
      fails = false;
      assert.equal((await get(site)).body, 'well');
    });
  }

  it('answers 500 without what its app has said of another answer', async () => {
    const site = await start({
      app: (_request, response) => {
        response.setHeader('Cache-Control', 'public, max-age=99').setHeader('Content-Encoding', 'gzip');
        response.removeHeader('Referrer-Policy');
        throw new Error('oops');
      },
    });
    site.on('failure', () => undefined);
    const { status, headers } = await get(site);
    assert.deepEqual(
      [status, headers.get('cache-control'), headers.get('content-encoding')],
      [500, undefined, undefined],
    );
    assert.equal(headers.get('referrer-policy'), 'same-origin');
  });

  it('keeps an answer whose app fails after its end', async () => {
    const site = await start({
      app: (_request, response) => {
        response.end('whole');
        throw new Error('oops');
      },
    });
    const failure = once(site, 'failure');
    assert.equal((await get(site)).body, 'whole');
    await failure;
  });

  it('goes on if a connection cannot be accepted', async () => {
    const site = await start({ app: (_request, response) => response.end('well') });
    const warning = once(site, 'warning');
    site.https.emit('error', new Error('accept EMFILE'));
    assert.match(String(await warning), /EMFILE/);
    assert.equal((await get(site)).body, 'well');
  });

  it('cuts off an answer whose app fails in the middle', async () => {
    const site = await start({
      app: (_request, response) => {
        response.writeHead(200, { 'Content-Length': 100 }).write('half');
        throw new Error('oops');
      },
    });
    site.on('failure', () => undefined);
    const { body } = await get(site).catch(() => ({ body: 'cut' }));
    assert.ok(body.length < 100);
  });

  it('redirects visitors of its names to its port', async () => {
    const site = await start();
    const { status, headers } = await rawRequest(site.httpPort ?? 0, 'GET /a?b HTTP/1.1', 'Host: localhost');
    assert.deepEqual(
      [status, headers.get('location')],
      [301, `https://localhost:${site.httpsPort ?? 0}/a?b`],
    );
    assert.equal((await rawRequest(site.httpPort ?? 0, 'GET / HTTP/1.1', 'Host: evil.example')).status, 421);
    const address = await rawRequest(site.httpPort ?? 0, 'GET / HTTP/1.1', 'Host: 127.0.0.1');
    assert.equal(address.status, 301);
  });

  it('answers challenges of ACME on the port of the redirection', async () => {
    const site = await start({ tokens: { answerFor: (token) => (token === 'abc' ? 'abc.x' : null) } });
    const url = '/.well-known/acme-challenge/abc';
    assert.equal(
      (await rawRequest(site.httpPort ?? 0, `GET ${url} HTTP/1.1`, 'Host: localhost')).body,
      'abc.x',
    );
  });

  for (const [options, asked] of [
    [{ address: undefined }, {}],
    [{ address: undefined, family: 4 }, { host: '0.0.0.0' }],
    [
      { address: undefined, family: 6 },
      { host: '::', ipv6Only: true },
    ],
    [{ address: '192.0.2.7' }, { host: '192.0.2.7' }],
  ] as const) {
    it(`listens as ${JSON.stringify(options)} says, on both ports`, async () => {
      const listens: object[] = [];
      const { listen } = net.Server.prototype;
      // On loopback, whatever was asked for.
      net.Server.prototype.listen = function (this: net.Server, given: object) {
        listens.push(given);
        return Reflect.apply(listen, this, [0, '127.0.0.1']) as net.Server;
      } as typeof listen;
      try {
        await start(options);
      } finally {
        net.Server.prototype.listen = listen;
      }
      assert.deepEqual(listens, [
        { port: 0, ...asked },
        { port: 0, ...asked },
      ]);
    });
  }

  it('has no redirection if told so, and says where it is', async () => {
    const site = await start({ http: false, names: ['localhost', '*.bar.example', '::1'] });
    assert.equal(site.httpPort, null);
    const port = site.httpsPort ?? 0;
    assert.deepEqual(site.urls, [`https://localhost:${port}/`, `https://[::1]:${port}/`]);
  });

  it('upgrades connections for its own names', async () => {
    const site = await start({
      upgrade: (_request, socket) => {
        socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
      },
    });
    const upgrade = async (host: string): Promise<number> => {
      const socket = await connect(site);
      socket.setEncoding('latin1');
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`);
      const [answer] = (await once(socket, 'data')) as [string];
      socket.destroy();
      return Number(answer.split(' ')[1]);
    };
    assert.deepEqual([await upgrade('localhost'), await upgrade('evil.example')], [101, 421]);
  });

  it('listens nowhere if one of its ports is taken', async () => {
    const other = net.createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as net.AddressInfo;
    await assert.rejects(start({ http: port }), { code: 'EADDRINUSE' });
    assert.equal(sites.at(-1)?.https.listening, false);
    other.close();
  });

  it('close() waits for answers, and ends connections with them', async () => {
    let answer: () => void = () => undefined;
    const site = await start({
      app: (_request, response) => {
        answer = () => response.end('late');
      },
    });
    const [busy, idle] = [await connect(site), await connect(site)];
    idle.on('error', () => undefined).resume();
    busy.setEncoding('latin1');
    busy.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(site.https, 'request');
    const closed = site.close();
    assert.equal(site.https.listening, false);
    // It has asked for nothing, as browsers' connections in advance.
    await once(idle, 'end');
    answer();
    const [text] = (await once(busy, 'data')) as [string];
    assert.match(text, /Connection: close[^]*late$/);
    busy.end();
    assert.equal(await closed, 0);
  });

  it('close() cuts off what is open when the time is over, and says how much', async () => {
    const site = await start({ app: () => undefined, drainTimeout: 5000 });
    const closing = once(site, 'closing');
    const busy = await connect(site);
    busy.on('error', () => undefined).resume();
    busy.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(site.https, 'request');
    const closed = site.close();
    await closing;
    await clock.advance(5000);
    assert.equal(await closed, 1);
    assert.equal(await site.close(), 1);
  });

  it('ends with `await using`', async () => {
    const site = await start();
    await site[Symbol.asyncDispose]();
    assert.equal(site.https.listening, false);
  });

  describe('with a certificate from a store', () => {
    let visits: number;
    const fallbackStore = (): FallbackStore => ({
      visit: () => {
        visits++;
        return Promise.reject(new Error(`no store ${visits}`));
      },
    });

    beforeEach(() => {
      visits = 0;
    });

    it('looks for the fall-back before it listens and with each change, and reports trouble', async () => {
      const warnings: string[] = [];
      const seen: unknown[] = [];
      const site = await start({ store: 'MY' }, { fallbackStore });
      assert.equal(visits, 1);
      site.on('warning', ({ message }: Error) => warnings.push(message));
      site.on('certificate', (change) => seen.push(change));
      const [one, two] = [{ thumbprint: '1' }, { thumbprint: '2' }];
      for (const change of [
        { previous: null, current: one },
        { previous: null, current: one },
        { previous: one, current: two },
      ]) {
        site.https.emit('certificate', change);
      }
      site.https.emit('certificateWarning', new Error('none found'));
      await until(
        () => warnings.length === 5,
        () => warnings.join(),
      );
      assert.deepEqual(warnings, ['none found', 'no store 2', 'no store 3', 'no store 4', 'no store 5']);
      assert.deepEqual(seen, [
        { previous: null, current: one },
        { previous: one, current: two },
      ]);
      assert.deepEqual(site.certificates, [one, two]);
      await site.close();
      site.https.emit('certificateWarning', new Error('late'));
      await turn();
      assert.equal(visits, 5);
    });
  });

  describe('with a manager of ACME', () => {
    class FakeManager extends EventEmitter {
      readonly calls: string[] = [];
      certificateFor(name: string): object {
        this.calls.push(name);
        return { store: 'MY', where: () => true };
      }
      start(): void {
        this.calls.push('start');
      }
      stop(): Promise<void> {
        this.calls.push('stop');
        return Promise.resolve();
      }
    }

    let manager: FakeManager;
    const acme = { termsOfServiceAgreed: true };
    const parts = { createManager: () => manager as unknown as AcmeManager };
    beforeEach(() => {
      manager = new FakeManager();
    });

    it('starts it when it can answer challenges, and stops it with the end', async () => {
      const site = await start({ acme, fallback: false }, parts);
      assert.equal(site.acme, manager);
      assert.deepEqual(manager.calls, ['localhost', 'start']);
      await site.close();
      assert.deepEqual(manager.calls, ['localhost', 'start', 'stop']);
    });

    it('does not start it if a port is taken', async () => {
      const other = net.createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as net.AddressInfo;
      await assert.rejects(start({ acme, fallback: false, http: port }, parts), { code: 'EADDRINUSE' });
      assert.ok(!manager.calls.includes('start'));
      other.close();
    });

    it('says what it says', async () => {
      const site = await start({ acme, fallback: false }, parts);
      const warnings: string[] = [];
      site.on('warning', ({ message }: Error) => warnings.push(message));
      manager.emit('failed', { error: new Error('refused') });
      manager.emit('warning', { text: 'the clock is off' });
      assert.deepEqual(warnings, ['refused', 'the clock is off']);
    });
  });
});
