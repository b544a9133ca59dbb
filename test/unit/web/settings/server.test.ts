import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SettingsServer } from '#lib/web/settings/server.js';
import { IDLE_MS, LINK_MS } from '#lib/web/settings/sessions.js';
import { PlayedManager, playedServer } from '../../../support/played-settings.js';
import { ScriptedClock } from '../../../support/scripted-clock.js';

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** The code of a refusal; null if it is none. */
  readonly code: string | null;
}

interface Request {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Default '127.0.0.1'. */
  readonly host?: string;
}

describe('web/settings/server', () => {
  let folder: string;
  let clock: ScriptedClock;
  let manager: PlayedManager;
  /** How many managers were made. */
  let made: number;
  let server: SettingsServer;
  let own: string;
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-settings-'));
    clock = new ScriptedClock(Date.UTC(2026, 10, 30));
    made = 0;
    server = await playedServer(
      folder,
      (given) => {
        manager = new PlayedManager(given);
        made += 1;
        return Promise.resolve(manager);
      },
      { clock },
    );
    await server.listen();
    own = `http://127.0.0.1:${server.port}`;
  });
  afterEach(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  const ask = (pathname: string, request: Request = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const { method = 'GET', headers = {}, body, host = '127.0.0.1' } = request;
      const client = http.request(
        { host, port: server.port, path: pathname, method, headers, agent: false },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            const isJson = response.headers['content-type']?.startsWith('application/json') === true;
            const document = isJson ? (JSON.parse(text) as { error?: { code: string } }) : {};
            const { statusCode: status = 0, headers: got } = response;
            resolve({ status, headers: got, body: text, code: document.error?.code ?? null });
          });
        },
      );
      client.on('error', reject);
      client.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
    });

  /** What the page sends with a change. */
  const json = (key?: string): Record<string, string> => ({
    'content-type': 'application/json',
    'sec-fetch-site': 'same-origin',
    origin: own,
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  });
  const linkOf = (text: string): string => new URL(text).hash.slice(1);
  const exchange = (link: string): Promise<Answer> =>
    ask('/api/session', { method: 'POST', headers: json(), body: { link } });
  const keyFor = async (): Promise<string> => {
    const { body } = await exchange(linkOf(server.link()));
    return (JSON.parse(body) as { key: string }).key;
  };
  const change = (key: string, body: unknown, headers: object = {}): Promise<Answer> =>
    ask('/api/settings', { method: 'PUT', headers: { ...json(key), ...headers }, body });

  describe('the page', () => {
    it('is there without a key, and has nothing to tell', async () => {
      const { status, body, headers } = await ask('/');
      assert.equal(status, 200);
      assert.match(body, /<title>/);
      assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    });

    it('loads every file from this server, and names no other', async () => {
      const { body } = await ask('/');
      const links = [...body.matchAll(/(?:src|href)="([^"#]+)"/g)].map((match) => match[1] ?? '');
      assert.ok(links.length >= 3);
      for (const link of links) {
        assert.match(link, /^\/[\w.-]+$/);
        assert.equal((await ask(link)).status, 200, link);
      }
      const { body: script } = await ask('/main.js');
      for (const [, module = ''] of script.matchAll(/from '\.(\/[\w.-]+)'/g)) {
        assert.equal((await ask(module)).headers['content-type'], 'text/javascript; charset=utf-8', module);
      }
    });

    it('has a policy that forbids everything else', async () => {
      const { headers } = await ask('/');
      const policy = headers['content-security-policy'];
      assert.match(String(policy), /^default-src 'none'; script-src 'self'; style-src 'self'; /);
      assert.doesNotMatch(String(policy), /unsafe|\*|http/);
      assert.equal(headers['x-frame-options'], 'DENY');
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['set-cookie'], undefined);
      assert.equal(headers['access-control-allow-origin'], undefined);
    });

    it('has no other file', async () => {
      for (const pathname of ['/settings.json', '/../settings.json', '/%2e%2e/package.json', '/main.js/']) {
        assert.equal((await ask(pathname)).code, 'ERR_SCHANNEL_SETTINGS_REQUEST', pathname);
      }
    });
  });

  describe('where it listens', () => {
    it('is reached by both addresses of this machine', async () => {
      assert.equal((await ask('/')).status, 200);
      const six = await ask('/', { host: '::1' }).catch((error: unknown) => error);
      assert.ok(
        six instanceof Error
          ? /EADDRNOTAVAIL|EAFNOSUPPORT/.test(six.message)
          : (six as Answer).status === 200,
      );
    });

    it('fails if the port is taken', async () => {
      const other = await playedServer(folder, () => Promise.reject(new Error('none')), { clock });
      await assert.rejects(other.listen(server.port), { code: 'EADDRINUSE' });
    });
  });

  describe('a link', () => {
    it('has its secret behind the #, where no request shows it', () => {
      const link = new URL(server.link());
      assert.equal(link.origin, own);
      assert.equal(link.pathname + link.search, '/');
      assert.match(link.hash, /^#[\w-]{43}$/);
    });

    it('gives a key once', async () => {
      const link = linkOf(server.link());
      assert.equal((await exchange(link)).status, 200);
      const again = await exchange(link);
      assert.equal(again.code, 'ERR_SCHANNEL_SETTINGS_LINK');
      assert.equal(again.status, 401);
    });

    it('ends after ten minutes', async () => {
      const link = linkOf(server.link());
      await clock.advance(LINK_MS);
      assert.equal((await exchange(link)).code, 'ERR_SCHANNEL_SETTINGS_LINK');
    });

    it('cannot be guessed, left out or be something else', async () => {
      for (const link of ['', 'x', 'A'.repeat(43), 7, null]) {
        assert.equal((await exchange(link as string)).code, 'ERR_SCHANNEL_SETTINGS_LINK');
      }
    });
  });

  describe('a key', () => {
    it('is needed for everything', async () => {
      for (const [method, pathname] of [
        ['GET', '/api/settings'],
        ['PUT', '/api/settings'],
        ['GET', '/api/status'],
        ['GET', '/api/events'],
        ['GET', '/api/ports'],
        ['POST', '/api/check'],
        ['POST', '/api/dns-accounts'],
        ['POST', '/api/import'],
        ['DELETE', '/api/session'],
      ] as const) {
        for (const headers of [json(), json('A'.repeat(43)), { ...json(), authorization: 'Basic YTpi' }]) {
          const body = method === 'POST' || method === 'PUT' ? {} : undefined;
          const { code, status } = await ask(pathname, { method, headers, body });
          assert.equal(code, 'ERR_SCHANNEL_SETTINGS_DENIED', `${method} ${pathname}`);
          assert.equal(status, 401);
        }
      }
      assert.equal(made, 0);
    });

    it('ends after eight hours without use, and not with use', async () => {
      const key = await keyFor();
      for (let round = 0; round < 3; round += 1) {
        await clock.advance(IDLE_MS - 1);
        assert.equal((await ask('/api/settings', { headers: json(key) })).status, 200);
      }
      await clock.advance(IDLE_MS);
      assert.equal((await ask('/api/settings', { headers: json(key) })).code, 'ERR_SCHANNEL_SETTINGS_DENIED');
    });

    it('ends when the page is locked', async () => {
      const key = await keyFor();
      await ask('/api/session', { method: 'DELETE', headers: json(key) });
      assert.equal((await ask('/api/status', { headers: json(key) })).status, 401);
    });

    it('is not taken from a cookie or the address', async () => {
      const key = await keyFor();
      const headers = { cookie: `key=${key}; authorization=Bearer ${key}`, 'sec-fetch-site': 'same-origin' };
      assert.equal((await ask(`/api/status?key=${key}`, { headers })).status, 401);
    });
  });

  describe('a hostile page', () => {
    it('that leads its own name to this machine finds nothing (DNS rebinding)', async () => {
      const key = await keyFor();
      for (const host of [
        'evil.example',
        `evil.example:${server.port}`,
        '127.0.0.1',
        `127.0.0.1:${server.port + 1}`,
        `127.0.0.1.evil.example:${server.port}`,
        `127.0.0.1:${server.port}@evil.example`,
        `192.168.1.1:${server.port}`,
      ]) {
        for (const pathname of ['/', '/api/settings']) {
          const { code, status } = await ask(pathname, { headers: { ...json(key), host } });
          assert.equal(code, 'ERR_SCHANNEL_SETTINGS_HOST', host);
          assert.equal(status, 421);
        }
      }
    });

    it('on another port cannot change anything, though it is of the same site', async () => {
      const key = await keyFor();
      const other = `http://127.0.0.1:${server.port + 1}`;
      for (const headers of [
        { 'sec-fetch-site': 'same-site', origin: other },
        { 'sec-fetch-site': 'same-site', origin: own },
        { 'sec-fetch-site': 'cross-site', origin: own },
        { origin: other },
        { origin: 'null' },
        { origin: `https://127.0.0.1:${server.port}` },
        { origin: `http://localhost:${server.port}` },
      ]) {
        const { code, status } = await change(key, { settings: { contact: 'eve@evil.example' } }, headers);
        assert.equal(code, 'ERR_SCHANNEL_SETTINGS_ORIGIN', JSON.stringify(headers));
        assert.equal(status, 403);
      }
    });

    it('cannot read anything either', async () => {
      const key = await keyFor();
      for (const headers of [
        { 'sec-fetch-site': 'same-site' },
        { 'sec-fetch-site': 'cross-site' },
        { origin: 'http://evil.example' },
      ]) {
        const { code } = await ask('/api/settings', {
          headers: { authorization: `Bearer ${key}`, ...headers },
        });
        assert.equal(code, 'ERR_SCHANNEL_SETTINGS_ORIGIN');
      }
    });

    it('gets no permission to send more headers', async () => {
      const { status, headers, code } = await ask('/api/settings', {
        method: 'OPTIONS',
        headers: { origin: 'http://evil.example', 'access-control-request-method': 'PUT' },
      });
      assert.equal(status, 403);
      assert.equal(code, 'ERR_SCHANNEL_SETTINGS_ORIGIN');
      assert.ok(Object.keys(headers).every((name) => !name.startsWith('access-control-')));
    });

    it('cannot use up a link', async () => {
      const link = linkOf(server.link());
      const headers = { 'content-type': 'text/plain', 'sec-fetch-site': 'same-site' };
      await ask('/api/session', { method: 'POST', headers, body: { link } });
      assert.equal((await exchange(link)).status, 200);
    });
  });

  describe('a program', () => {
    it('has to say that it is from here if it changes something', async () => {
      const key = await keyFor();
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const put = (more: object) =>
        ask('/api/settings', { method: 'PUT', headers: { ...headers, ...more }, body: {} });
      assert.equal((await put({})).code, 'ERR_SCHANNEL_SETTINGS_ORIGIN');
      assert.equal((await put({ origin: own })).status, 200);
      assert.equal((await put({ 'sec-fetch-site': 'same-origin' })).status, 200);
      assert.equal((await put({ 'sec-fetch-site': 'none' })).code, 'ERR_SCHANNEL_SETTINGS_ORIGIN');
      assert.equal((await ask('/api/settings', { headers })).status, 200);
    });
  });

  describe('a body', () => {
    it('has to be JSON by its type', async () => {
      const key = await keyFor();
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/json-patch+json',
        'text/json',
      ]) {
        const { code, status } = await change(key, {}, { 'content-type': type });
        assert.equal(code, 'ERR_SCHANNEL_SETTINGS_REQUEST', type);
        assert.equal(status, 400);
      }
      assert.equal(
        (await change(key, {}, { 'content-type': 'application/json; charset=UTF-8' })).status,
        200,
      );
    });

    it('has to be an object', async () => {
      const key = await keyFor();
      for (const body of ['', '{', '[]', '7', 'null', '{"settings":[]}', '{"secrets":7}']) {
        assert.equal((await change(key, body)).code, 'ERR_SCHANNEL_SETTINGS_REQUEST', body);
      }
    });

    it('has at most 256 KiB, announced or not', async () => {
      const key = await keyFor();
      const body = { settings: { profile: 'x'.repeat(262_144) } };
      const announced = await change(key, body, { 'content-length': String(JSON.stringify(body).length) });
      assert.equal(announced.code, 'ERR_SCHANNEL_SETTINGS_REQUEST');
      assert.match(announced.body, /256 KiB/);
      const chunked = await change(key, body, { 'transfer-encoding': 'chunked' });
      assert.equal(chunked.code, 'ERR_SCHANNEL_SETTINGS_REQUEST');
      assert.equal(chunked.headers.connection, 'close');
    });
  });

  describe('settings', () => {
    it('are changed, and are in the file', async () => {
      const key = await keyFor();
      const { status, body } = await change(key, {
        settings: { names: [['www.bar.example']], securePort: 8443 },
      });
      assert.equal(status, 200);
      const { settings } = JSON.parse(body) as { settings: Record<string, unknown> };
      assert.equal(settings['securePort'], 8443);
      const file = JSON.parse(readFileSync(path.join(folder, 'settings.json'), 'utf8')) as object;
      assert.deepEqual(file, { version: 1, names: [['www.bar.example']], securePort: 8443, secrets: {} });
    });

    it('that are wrong are refused as a whole, each with its reason', async () => {
      const key = await keyFor();
      const { status, code, body } = await change(key, {
        settings: { securePort: 0, contact: 'anna', profile: 'ok', evil: 1 },
      });
      assert.equal(status, 422);
      assert.equal(code, 'ERR_SCHANNEL_SETTINGS_INVALID');
      const { reasons } = (JSON.parse(body) as { error: { reasons: string[] } }).error;
      assert.deepEqual(
        reasons.map((reason) => reason.split(' ')[0]),
        ['securePort', 'contact', 'evil'],
      );
      assert.doesNotMatch((await ask('/api/settings', { headers: json(key) })).body, /"profile":"ok"/);
    });

    it('that are secret never come back', async () => {
      const key = await keyFor();
      const secret = 'correct horse battery';
      const changed = await change(key, {
        settings: { names: [['a.example']] },
        secrets: { dnsimpleToken: secret },
      });
      assert.equal(changed.status, 200);
      assert.equal(manager.given.secrets.dnsimpleToken, secret);
      manager.given.log({ level: 'error', text: `it failed with ${secret}`, name: secret });
      const { body } = await ask('/api/settings', { headers: json(key) });
      assert.match(body, /"dnsimpleToken":\{"state":"set","at":"2026-11-30T00:00:00\.000Z"\}/);
      for (const text of [changed.body, body, JSON.stringify(server.logEntries)]) {
        assert.ok(!text.includes(secret));
      }
      assert.ok(!readFileSync(path.join(folder, 'settings.json'), 'utf8').includes(secret));
    });
  });
});
