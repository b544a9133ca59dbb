import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { ChallengeClientFile } from '#lib/apps/acme/challenge-server/client-file.js';
import { newChallengeSecret, type NewSecret } from '#lib/apps/acme/challenge-server/secret.js';
import { createChallengeServer } from '#lib/apps/acme/challenge-server/server.js';
import { acmeDns, registerAcmeDns } from '#lib/apps/acme/dns/acme-dns.js';
import { httpRequest } from '#lib/apps/acme/dns/http-request.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { basic, ChallengeService, quickHash } from '../../../../support/challenge-service.js';
import { idle } from '../../../../support/scripted-clock.js';
import { MemoryDns } from '../../../../support/memory-dns.js';
import { transport } from '../../../../support/scripted-service.js';

const VALUE = 'v'.repeat(43);
const OTHER = 'w'.repeat(43);
const NAME = '_acme-challenge.www.bar.example';

let made: NewSecret = { secret: '', hash: '' };

/** hulk has names, hosts and a record; thor comes from elsewhere; wasp has any address; vision needs a certificate. */
async function start(): Promise<ChallengeService> {
  if (made.hash === '') made = await newChallengeSecret(quickHash);
  return ChallengeService.start({
    zone: 'Auth.example.',
    clients: [
      {
        name: 'hulk',
        secret: made.hash,
        names: ['www.bar.example', '.lan.bar.example'],
        hosts: ['*.lan.bar.example'],
        subdomain: 'own',
      },
      { name: 'thor', secret: made.hash, names: ['thor.example'], networks: ['10.0.0.0/8'] },
      { name: 'wasp', secret: made.hash, hosts: ['wasp.example'], publicAddresses: true },
      { name: 'vision', secret: made.hash, names: ['vision.example'], certificate: 'vision.example' },
    ],
  });
}

const hulk = () => basic('hulk', made.secret);

describe('apps/acme/challenge-server/server', () => {
  let service: ChallengeService;
  beforeEach(async () => {
    service = await start();
  });
  afterEach(() => service.stop());

  const present = (body: unknown) => service.ask('POST', '/present', body, hulk());

  it("serves this library's client of httpreq: a name and its wildcard at once", async () => {
    const dns = httpRequest({ url: service.url, username: 'hulk', password: made.secret, transport });
    const one = await dns.add({ name: NAME, value: VALUE, ttl: 60 });
    const two = await dns.add({ name: NAME, value: OTHER, ttl: 60 });
    assert.deepEqual(service.dns.values, [`${NAME} ${VALUE}`, `${NAME} ${OTHER}`]);
    await dns.remove(one);
    await dns.remove(one);
    assert.deepEqual(service.dns.values, [`${NAME} ${OTHER}`]);
    await dns.remove(two);
    assert.deepEqual(service.lines, [
      `present done hulk ${NAME} ${VALUE}`,
      `present done hulk ${NAME} ${OTHER}`,
      `cleanup done hulk ${NAME} ${VALUE}`,
      `cleanup done hulk ${NAME} ${VALUE}`,
      `cleanup done hulk ${NAME} ${OTHER}`,
    ]);
    await assert.rejects(dns.add({ name: '_acme-challenge.bar.example', value: VALUE, ttl: 60 }), {
      message: 'The challenge server refused: not permitted (HTTP status 403)',
    });
  });

  it("serves this library's client that sets the address of its host", async () => {
    const dns = httpRequest({ url: service.url, username: 'hulk', password: made.secret, transport });
    await dns.setAddress?.({ name: 'pc.lan.bar.example', address: '10.0.0.7', ttl: 300 });
    await dns.setAddress?.({ name: 'pc.lan.bar.example', address: null, ttl: 300 });
    const { calls } = service.dns;
    assert.deepEqual(calls, ['setAddress pc.lan.bar.example 10.0.0.7', 'setAddress pc.lan.bar.example none']);
    await assert.rejects(
      async () => dns.setAddress?.({ name: 'pc.lan.bar.example', address: '9.9.9.9', ttl: 300 }),
      /only private addresses/,
    );
  });

  it("takes what lego sends in 'RAW' mode", async () => {
    const keyAuth = `token-1.${'t'.repeat(43)}`;
    const body = { domain: 'www.bar.example', token: 'token-1', keyAuth };
    assert.equal((await present(body)).status, 200);
    const value = createHash('sha256').update(keyAuth).digest('base64url');
    assert.deepEqual(service.dns.values, [`${NAME} ${value}`]);
    assert.equal((await service.ask('POST', '/cleanup', body, hulk())).status, 200);
    assert.deepEqual(service.dns.values, []);
  });

  it("serves this library's client of acme-dns, which keeps the last two values", async () => {
    const account = { username: 'hulk', password: made.secret, subdomain: 'own' };
    const dns = acmeDns({ url: service.url, account, transport });
    for (const letter of 'abc')
      await dns.remove(await dns.add({ name: NAME, value: letter.repeat(43), ttl: 60 }));
    assert.deepEqual(
      service.dns.values,
      ['b', 'c'].map((letter) => `own.auth.example ${letter.repeat(43)}`),
    );
    // Without a CNAME record: the name itself takes the place of the subdomain.
    const whole = acmeDns({
      url: service.url,
      account: { ...account, subdomain: 'www.bar.example' },
      transport,
    });
    await whole.add({ name: NAME, value: VALUE, ttl: 60 });
    assert.equal(service.dns.values.at(-1), `${NAME} ${VALUE}`);
    const headers = { 'x-api-user': 'hulk', 'x-api-key': made.secret };
    const update = await service.ask('POST', '/update', { subdomain: 'own', txt: VALUE }, headers);
    assert.deepEqual([update.status, update.body], [200, { txt: VALUE }]);
    const foreign = await service.ask('POST', '/update', { subdomain: 'other', txt: VALUE }, headers);
    assert.deepEqual([foreign.status, foreign.body], [403, { error: 'bad_subdomain' }]);
  });

  it('lets a client set the record that a CNAME leads to', async () => {
    assert.equal((await present({ fqdn: 'OWN.auth.example.', value: VALUE })).status, 200);
    assert.deepEqual(service.dns.values, [`own.auth.example ${VALUE}`]);
    assert.equal((await present({ fqdn: 'other.auth.example.', value: VALUE })).status, 403);
    assert.equal((await present({ fqdn: 'auth.example.', value: VALUE })).status, 403);
  });

  it('says that it is there', async () => {
    const { status, body } = await service.ask('GET', '/health', undefined);
    assert.deepEqual([status, body], [200, {}]);
  });

  it('sets the address of a host, private ones only', async () => {
    const set = (fqdn: string, address: unknown, name = 'hulk') =>
      service
        .ask('POST', '/address', { fqdn, address }, basic(name, made.secret))
        .then(({ status }) => status);
    assert.equal(await set('pc.lan.bar.example', '10.0.0.7'), 200);
    assert.equal(service.dns.addresses.get('pc.lan.bar.example'), '10.0.0.7');
    assert.equal(await set('pc.lan.bar.example', 'FD00:0:0::7'), 200);
    assert.equal(service.dns.addresses.get('pc.lan.bar.example'), 'fd00::7');
    assert.equal(await set('pc.lan.bar.example', null), 200);
    assert.equal(service.dns.addresses.get('pc.lan.bar.example'), null);
    for (const [fqdn, address, status] of [
      ['pc.lan.bar.example', '9.9.9.9', 403],
      ['pc.lan.bar.example', '127.0.0.1', 400],
      ['pc.lan.bar.example', '::1', 400],
      ['pc.lan.bar.example', '::ffff:10.0.0.1', 400],
      ['pc.lan.bar.example', '169.254.169.254', 400],
      ['pc.lan.bar.example', '010.0.0.1', 400],
      ['pc.lan.bar.example', '10.1', 400],
      ['pc.lan.bar.example', '[fd00::1]', 400],
      ['pc.lan.bar.example', 'fd00::1%eth0', 400],
      ['pc.lan.bar.example', '10.0.0.1\n', 400],
      ['pc.lan.bar.example', 167772161, 400],
      ['pc.lan.bar.example', undefined, 400],
      ['www.bar.example', '10.0.0.1', 403],
      ['_acme-challenge.pc.lan.bar.example', '10.0.0.1', 400],
      ['*.lan.bar.example', '10.0.0.1', 400],
    ] as const) {
      assert.equal(await set(fqdn, address), status, `${fqdn} ${String(address)}`);
    }
    assert.equal(service.dns.calls.length, 3);
    assert.equal(await set('wasp.example', '9.9.9.9', 'wasp'), 200);
    assert.equal(await set('wasp.example', '127.0.0.1', 'wasp'), 400);
  });

  it('takes a name in any case, with and without its final dot, for the same', async () => {
    await present({ fqdn: NAME, value: VALUE });
    await present({ fqdn: '_ACME-Challenge.WWW.bar.EXAMPLE.', value: VALUE });
    await present({ fqdn: '_acme-challenge.a.b.lan.bar.example.', value: VALUE });
    assert.deepEqual(service.dns.values, [
      `${NAME} ${VALUE}`,
      `_acme-challenge.a.b.lan.bar.example ${VALUE}`,
    ]);
  });

  it('has nothing of prototypes', async () => {
    const text = `{"__proto__":{"fqdn":"${NAME}","value":"${VALUE}"}}`;
    assert.equal((await present(text)).status, 400);
    assert.equal((await service.ask('POST', '/present', '{}', basic('__proto__', made.secret))).status, 401);
    assert.equal((await service.ask('POST', '/constructor', '{}', hulk())).status, 404);
  });

  for (const [what, headers] of [
    ['nobody', () => ({})],
    ['an unknown client', () => basic('nobody', made.secret)],
    ['a wrong secret', () => basic('hulk', `${made.secret}x`)],
    ['an empty secret', () => basic('hulk', '')],
    ['the hash', () => basic('hulk', made.hash)],
    ['a name in capitals', () => basic('HULK', made.secret)],
    ['another scheme', () => ({ authorization: `Bearer ${made.secret}` })],
    ['something else than Base64', () => ({ authorization: 'Basic ä' })],
    ['a very long secret', () => basic('hulk', 'x'.repeat(2000))],
    ['a key without a user', () => ({ 'x-api-key': made.secret })],
    ['a client elsewhere', () => basic('thor', made.secret)],
    ['a client without its certificate', () => basic('vision', made.secret)],
  ] as const) {
    it(`lets in no ${what}, and says no more than that`, async () => {
      const {
        status,
        headers: answered,
        body,
      } = await service.ask('POST', '/present', { fqdn: NAME, value: VALUE }, headers());
      assert.deepEqual([status, body], [401, { error: 'forbidden' }]);
      assert.match(String(answered['www-authenticate']), /^Basic /);
      assert.deepEqual(service.dns.calls, []);
      assert.equal(service.events.length, 1);
      assert.ok(!JSON.stringify(service.events).includes(made.secret));
    });
  }

  it('logs no name that nobody has, since it may be a secret', async () => {
    await service.ask('POST', '/present', {}, basic(made.secret, 'hulk'));
    assert.deepEqual(service.lines, ['sign-in refused unknown client']);
  });

  it('stops checking secrets after ten wrong ones, of known and unknown clients alike', async () => {
    const statuses: number[] = [];
    for (let index = 0; index < 11; index += 1) {
      const headers = basic(index % 2 === 0 ? 'hulk' : 'nobody', 'wrong');
      statuses.push((await service.ask('POST', '/present', {}, headers)).status);
    }
    assert.deepEqual(statuses, [...Array.from({ length: 10 }, () => 401), 429]);
    const { status, headers } = await present({ fqdn: NAME, value: VALUE });
    assert.deepEqual([status, headers['retry-after']], [429, '600']);
    await service.clock.advance(600_000);
    assert.equal((await present({ fqdn: NAME, value: VALUE })).status, 200);
  });

  it('does not count right ones', async () => {
    for (let index = 0; index < 12; index += 1)
      assert.equal((await service.ask('POST', '/cleanup', { fqdn: NAME, value: VALUE }, hulk())).status, 200);
  });

  it('tells a client no more of the provider than its code, and when to try again', async () => {
    service.dns.errors.push(new SchannelError('ERR_SCHANNEL_DNS_REFUSED', 'account 7 is not paid'));
    const one = await present({ fqdn: NAME, value: VALUE });
    assert.deepEqual(
      [one.status, one.body],
      [502, { error: 'the record could not be changed (ERR_SCHANNEL_DNS_REFUSED)' }],
    );
    const retryAfter = new Date(service.clock.now() + 90_000);
    service.dns.errors.push(new SchannelError('ERR_SCHANNEL_DNS_REFUSED', 'quota', { retryAfter }));
    const two = await present({ fqdn: NAME, value: VALUE });
    assert.deepEqual([two.status, two.headers['retry-after']], [503, '90']);
    assert.match(service.lines[0] ?? '', /account 7 is not paid$/);
  });

  it('removes what a client has forgotten, and says so', async () => {
    await present({ fqdn: NAME, value: VALUE });
    await service.clock.advance(3_600_000);
    await service.server.close();
    assert.deepEqual(service.dns.values, []);
    assert.equal(service.lines.at(-1), `expire done hulk ${NAME} ${VALUE}`);
    assert.equal((await present({ fqdn: NAME, value: VALUE })).status, 503);
  });

  it('answers 500 if the clients cannot be looked up, and logs why', async () => {
    await service.stop();
    service = await ChallengeService.start({
      clients: {
        find: () => Promise.reject(new Error('no\nfile')),
        add: () => Promise.resolve(),
      },
      log: () => {
        throw new Error('no disk');
      },
    });
    const { status, body } = await present({});
    assert.deepEqual([status, body], [500, { error: 'internal error' }]);
  });

  describe('when clients may register', () => {
    let file: string;
    beforeEach(async () => {
      await service.stop();
      const dns = new MemoryDns();
      service = await ChallengeService.start({ clients: [], dns });
      file = path.join(service.folder, 'clients', 'clients.json');
      const first = service;
      service = await ChallengeService.start({
        clients: new ChallengeClientFile(file),
        zone: 'auth.example',
        registration: ['127.0.0.0/8'],
      });
      folders.push(first);
    });
    const folders: ChallengeService[] = [];
    afterEach(async () => {
      for (const each of folders.splice(0)) await each.stop();
    });

    it('gives each an account of acme-dns with its own record', async () => {
      const account = await registerAcmeDns({ url: service.url, transport });
      assert.match(account.fulldomain, /^[0-9a-f-]{36}\.auth\.example$/);
      const dns = acmeDns({ url: service.url, account, transport });
      await dns.add({ name: NAME, value: VALUE, ttl: 60 });
      assert.deepEqual(service.dns.values, [`${account.fulldomain} ${VALUE}`]);
      const other = await registerAcmeDns({ url: service.url, transport });
      const foreign = acmeDns({
        url: service.url,
        account: { ...other, subdomain: account.subdomain },
        transport,
      });
      await assert.rejects(foreign.add({ name: NAME, value: VALUE, ttl: 60 }), /bad_subdomain/);
      assert.ok(!JSON.stringify(service.events).includes(account.password));
      assert.equal((await new ChallengeClientFile(file).list()).length, 2);
    });

    it('keeps a client to the networks that it gave', async () => {
      const { status, body } = await service.ask('POST', '/register', { allowfrom: ['10.0.0.0/8'] });
      const account = body as { username: string; password: string; subdomain: string; allowfrom: string[] };
      assert.deepEqual([status, account.allowfrom], [201, ['10.0.0.0/8']]);
      const dns = acmeDns({ url: service.url, account, transport });
      await assert.rejects(dns.add({ name: NAME, value: VALUE, ttl: 60 }), /forbidden/);
      for (const allowfrom of ['10.0.0.0/8', ['10.0.0.0/99'], [7], {}])
        assert.equal((await service.ask('POST', '/register', { allowfrom })).status, 400);
    });

    it('has a limit for each place', async () => {
      for (let index = 0; index < 10; index += 1)
        assert.equal((await service.ask('POST', '/register', {})).status, 201);
      assert.equal((await service.ask('POST', '/register', {})).status, 429);
      await service.clock.advance(3_600_000);
      assert.equal((await service.ask('POST', '/register', undefined)).status, 201);
    });

    it('counts those that come at once', async () => {
      const headers = { expect: '100-continue', 'content-length': '2' };
      const requests = Array.from({ length: 14 }, () =>
        http.request(`${service.url}/register`, { method: 'POST', agent: false, headers }),
      );
      // The server has begun with each before one of them goes on.
      await Promise.all(
        requests.map((request) => {
          request.flushHeaders();
          return once(request, 'continue');
        }),
      );
      const statuses = await Promise.all(
        requests.map(async (request) => {
          request.end('{}');
          const [response] = (await once(request, 'response')) as [http.IncomingMessage];
          response.resume();
          return response.statusCode;
        }),
      );
      assert.equal(statuses.filter((status) => status === 201).length, 10);
    });

    it('lets nobody register from elsewhere', async () => {
      await service.stop();
      service = await ChallengeService.start({
        clients: new ChallengeClientFile(file),
        zone: 'auth.example',
        registration: ['10.0.0.0/8'],
      });
      assert.equal((await service.ask('POST', '/register', {})).status, 403);
    });
  });

  it('checks its options', async () => {
    const state = path.join(service.folder, 'other');
    const client = { name: 'a', secret: made.hash };
    for (const [options, code] of [
      [{ clients: [client, client] }, 'ERR_INVALID_ARG_VALUE'],
      [{ clients: [{ name: 'a', secret: 'b' }] }, 'ERR_INVALID_ARG_VALUE'],
      [{ clients: {} }, 'ERR_INVALID_ARG_TYPE'],
      [{ clients: undefined }, 'ERR_INVALID_ARG_TYPE'],
      [
        { clients: new ChallengeClientFile('x'), zone: 'a.example', registration: ['lan'] },
        'ERR_INVALID_ARG_VALUE',
      ],
      [{ clients: [], zone: '*.x' }, 'ERR_INVALID_ARG_VALUE'],
      [{ clients: [], registration: [] }, 'ERR_INVALID_ARG_VALUE'],
      [{ clients: [], zone: 'a.example', registration: ['::/0'] }, 'ERR_INVALID_ARG_VALUE'],
      [{ clients: [], state: '' }, 'ERR_INVALID_ARG_TYPE'],
    ] as const) {
      const wrong = { state, ...options } as Parameters<typeof createChallengeServer>[1];
      await assert.rejects(createChallengeServer(new MemoryDns(), wrong), { code });
    }
    const provider = undefined as unknown as MemoryDns;
    await assert.rejects(createChallengeServer(provider, { clients: [], state }), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
    // None of them keeps the folder.
    await (await createChallengeServer(new MemoryDns(), { clients: [], state })).close();
  });

  it('answers each of several requests on a connection by its own', async () => {
    const one = `POST /present HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`;
    const answer = await service.raw(`${one}GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    assert.deepEqual(
      [...answer.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status),
      ['401', '200'],
    );
  });

  it('logs nothing if a client goes away in the middle of a request', async () => {
    const socket = net.connect(service.port, '127.0.0.1');
    socket.write(`POST /present HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{`);
    await once(socket, 'connect');
    socket.resetAndDestroy();
    // The next one is answered after that.
    await service.ask('GET', '/health', undefined);
    await idle();
    assert.deepEqual(service.lines, []);
  });

  it('answers a flood of headers with 431', async () => {
    const flood = Array.from({ length: 3000 }, (_, index) => `x-${index}: ${'y'.repeat(10)}\r\n`).join('');
    const answer = await service.raw(`POST /present HTTP/1.1\r\nHost: x\r\n${flood}\r\n`);
    assert.match(answer, /^HTTP\/1\.1 431/);
    const repeated = `X-Api-User: hulk\r\nX-Api-User: thor\r\nX-Api-Key: ${made.secret}\r\nContent-Length: 0\r\n`;
    const twice = await service.raw(
      `POST /present HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${repeated}\r\n`,
    );
    assert.match(twice, /^HTTP\/1\.1 401/);
  });

  it('takes no second request out of a body', async () => {
    const inner = `POST /present HTTP/1.1\r\nHost: x\r\n\r\n`;
    for (const headers of [
      `Content-Length: ${inner.length}\r\nTransfer-Encoding: chunked`,
      `Content-Length: 5\r\nContent-Length: ${inner.length}`,
      `Content-Length: +5`,
    ]) {
      const answer = await service.raw(`POST /present HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n${inner}`);
      assert.match(answer, /^HTTP\/1\.1 400/);
    }
    const unread = await service.raw(
      `POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    );
    assert.deepEqual(
      [...unread.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status),
      ['404'],
    );
  });
});

describe('apps/acme/challenge-server/server: requests that change nothing', () => {
  let service: ChallengeService;
  before(async () => {
    service = await start();
  });
  afterEach(() => {
    assert.deepEqual(service.dns.calls, []);
  });
  after(() => service.stop());

  const present = (body: unknown) => service.ask('POST', '/present', body, hulk());

  for (const [what, fqdn, status] of [
    ['another name', '_acme-challenge.evil.example.', 403],
    ['the name above', '_acme-challenge.bar.example.', 403],
    ['the suffix of a rule itself', '_acme-challenge.lan.bar.example.', 403],
    ['a name that only ends alike', '_acme-challenge.evilwww.bar.example.', 403],
    ['a name without the prefix', 'www.bar.example.', 403],
    ['nothing but the prefix', '_acme-challenge.', 400],
    ['the prefix twice', '_acme-challenge._acme-challenge.www.bar.example.', 400],
    ['another prefix', '_dmarc.www.bar.example.', 400],
    ['a wildcard', '_acme-challenge.*.lan.bar.example.', 400],
    ['two final dots', '_acme-challenge.www.bar.example..', 400],
    ['a name in a name', '_acme-challenge.www.bar.example..evil.example.', 400],
    ['a zero byte', '_acme-challenge.www.bar.example\0.evil.example.', 400],
    ['a line end', '_acme-challenge.www.bar.example\r\nx', 400],
    ['an escaped dot', '_acme-challenge.www\\.bar.example.', 400],
    ['a percent sign', '_acme-challenge.www%2ebar.example.', 400],
    ['Unicode', '_acme-challenge.www.bär.example.', 400],
    ['a letter that becomes ASCII', '_acme-challenge.\u017Fww.bar.example.', 400],
    ['another dot', '_acme-challenge\u3002www.bar.example.', 400],
    ['a name that is too long', `_acme-challenge.${'a.'.repeat(200)}lan.bar.example.`, 400],
    ['a label that is too long', `_acme-challenge.${'a'.repeat(64)}.lan.bar.example.`, 400],
    ['a number', 7, 400],
    ['a list', [NAME], 400],
    ['nothing', undefined, 400],
  ] as const) {
    it(`changes nothing for ${what}`, async () => {
      assert.equal((await present({ fqdn, value: VALUE })).status, status);
      const line = service.lines.at(-1) ?? '';
      assert.match(line, /^present refused hulk /);
      assert.doesNotMatch(line, /[\r\n\0]/);
    });
  }

  for (const [what, body] of [
    ['a value that is too short', { fqdn: NAME, value: 'v'.repeat(42) }],
    ['a value that is too long', { fqdn: NAME, value: 'v'.repeat(44) }],
    ['a value of Base64', { fqdn: NAME, value: '+'.repeat(43) }],
    ['a value with a line end', { fqdn: NAME, value: `${VALUE}\n` }],
    ['a value of a policy', { fqdn: NAME, value: 'v=spf1 include:evil.example -all; 0123456789' }],
    ['a value that is a list', { fqdn: NAME, value: [VALUE] }],
    ['a value that is an object', { fqdn: NAME, value: { length: 43 } }],
    [
      'two forms at once',
      { fqdn: NAME, value: VALUE, domain: 'www.bar.example', token: 'a', keyAuth: `a.${VALUE}` },
    ],
    ['the proof of another token', { domain: 'www.bar.example', token: 'b', keyAuth: `a.${VALUE}` }],
    ['half a proof', { domain: 'www.bar.example', token: 'a', keyAuth: 'a' }],
    ['no proof', { domain: 'www.bar.example' }],
    ['a list', []],
    ['a text', '"x"'],
    ['half a document', '{"fqdn":'],
    ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['nothing', undefined],
  ] as const) {
    it(`refuses ${what}`, async () => {
      assert.equal((await present(body)).status, 400);
    });
  }

  it('reads no more than 4 KiB', async () => {
    const long = JSON.stringify({ fqdn: NAME, value: VALUE, more: 'x'.repeat(4096) });
    const one = await present(long);
    assert.deepEqual([one.status, one.headers.connection], [413, 'close']);
    // Without a length.
    const chunked = await service.ask('POST', '/present', long, {
      ...hulk(),
      'transfer-encoding': 'chunked',
    });
    assert.equal(chunked.status, 413);
  });

  it('serves no page of a browser', async () => {
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
      const { status } = await service.ask(
        'POST',
        '/present',
        { fqdn: NAME, value: VALUE },
        { ...hulk(), ...headers },
      );
      assert.equal(status, 403);
    }
  });

  it('has four paths, and a method for each', async () => {
    for (const [method, target, status] of [
      ['GET', '/present', 405],
      ['PUT', '/cleanup', 405],
      ['POST', '/health', 405],
      ['POST', '/', 404],
      ['POST', '/present/', 404],
      ['POST', '//present', 404],
      ['POST', '/present?x', 404],
      ['POST', '/PRESENT', 404],
      ['POST', '/register', 404],
    ] as const) {
      assert.equal((await service.ask(method, target, {}, hulk())).status, status, `${method} ${target}`);
    }
  });
});
