import assert from 'node:assert/strict';
import { AcmeClient } from '#lib/apps/acme/protocol/client.js';
import { TestAuthority, type TestCertificate } from '../../../../support/certificates.js';
import {
  accountKey,
  DIRECTORY,
  json,
  ORIGIN,
  problem,
  ScriptedAcme,
} from '../../../../support/scripted-acme.js';

const DNS = [{ type: 'dns', value: 'bar.example' }] as const;

const order = (more: object = {}): object => ({
  status: 'pending',
  identifiers: DNS,
  authorizations: [`${ORIGIN}/authz`],
  finalize: `${ORIGIN}/finalize`,
  ...more,
});
const created = (document: object): ReturnType<typeof json> =>
  json(document, { status: 201, headers: { location: `${ORIGIN}/order/1` } });
const account = json({ status: 'valid' }, { headers: { location: `${ORIGIN}/account/1` } });

/** A client whose account is known. */
async function clientOf(server: ScriptedAcme): Promise<AcmeClient> {
  server.on('/account', account);
  const client = await AcmeClient.open({
    directory: `${ORIGIN}/directory`,
    transport: server.transport,
    accountKey: accountKey(),
    clock: server.clock,
  });
  await client.register({ termsOfServiceAgreed: true, contact: ['mailto:anna@bar.example'] });
  server.asked.splice(0);
  return client;
}

const paths = (server: ScriptedAcme): string[] => server.asked.map(({ path }) => path);

describe('apps/acme/protocol/client', () => {
  let server: ScriptedAcme;
  let client: AcmeClient;
  beforeEach(async () => {
    server = new ScriptedAcme();
    client = await clientOf(server);
  });

  for (const url of ['http://127.0.0.1:8080/order', 'https://localhost/order', 'https://[::1]/order']) {
    it(`sends nothing to this machine for a server elsewhere: ${url}`, async () => {
      const hostile = new ScriptedAcme({ ...DIRECTORY, newOrder: url });
      hostile.on('/order', created(order()));
      const other = await clientOf(hostile);
      await assert.rejects(other.newOrder({ identifiers: DNS }), { code: 'ERR_SCHANNEL_ACME_ANSWER' });
      assert.deepEqual(paths(hostile), []);
    });
  }

  it('signs with the key until it has an account, then names the account', async () => {
    const fresh = new ScriptedAcme().on('/account', account).on('/order', created(order()));
    const other = await AcmeClient.open({
      directory: `${ORIGIN}/directory`,
      transport: fresh.transport,
      accountKey: accountKey('rsa'),
      clock: fresh.clock,
    });
    await other.register({ termsOfServiceAgreed: true });
    await other.newOrder({ identifiers: DNS });
    const [, first, second] = fresh.asked;
    assert.ok(first?.header['jwk'] !== undefined && first.header['kid'] === undefined);
    assert.equal(second?.header['kid'], `${ORIGIN}/account/1`);
  });

  it('takes each nonce from the answer before', async () => {
    server.on('/order/1', json(order()));
    for (let round = 0; round < 3; round += 1) await client.order(`${ORIGIN}/order/1`);
    assert.equal(new Set(server.asked.map(({ header }) => header['nonce'])).size, 3);
    // The directory, the first nonce and the account are not counted here.
    assert.deepEqual(paths(server), ['/order/1', '/order/1', '/order/1']);
  });

  it('repeats a request whose nonce was refused, with the nonce of the refusal', async () => {
    server.on('/order', problem('badNonce'), problem('badNonce'), created(order()));
    await client.newOrder({ identifiers: DNS });
    assert.equal(server.asked.length, 3);
  });

  it('gives up after ten refused nonces', async () => {
    server.on('/order', problem('badNonce'));
    await assert.rejects(client.newOrder({ identifiers: DNS }), { code: 'ERR_SCHANNEL_ACME_REFUSED' });
    assert.equal(server.asked.length, 10);
  });

  for (const [header, wanted] of [
    ['3600', Date.UTC(2030, 0, 1, 1)],
    ['Wed, 02 Jan 2030 00:00:00 GMT', Date.UTC(2030, 0, 2)],
  ] as const) {
    it(`is not tried again when the limit is reached, and says until when (${header})`, async () => {
      server.on('/order', problem('rateLimited', 429, { 'retry-after': header }));
      await assert.rejects(client.newOrder({ identifiers: DNS }), {
        code: 'ERR_SCHANNEL_ACME_RATE_LIMITED',
        retryAfter: new Date(wanted),
      });
      assert.equal(server.asked.length, 1);
      assert.deepEqual(server.clock.waits, []);
    });
  }

  it('takes a 429 without a problem document for a limit', async () => {
    server.on('/order', { status: 429, headers: { 'retry-after': '5' }, body: Buffer.from('<html>') });
    await assert.rejects(client.newOrder({ identifiers: DNS }), {
      code: 'ERR_SCHANNEL_ACME_RATE_LIMITED',
      message: /HTTP status 429/,
    });
  });

  it('asks again after a failure of the server or of the connection, but orders only once', async () => {
    const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    server.on('/order/1', { status: 503 }, reset, json(order()));
    assert.equal((await client.order(`${ORIGIN}/order/1`)).status, 'pending');
    assert.deepEqual(server.clock.waits, [1000, 2000]);
    server.asked.splice(0);
    server.on('/order', reset);
    await assert.rejects(client.newOrder({ identifiers: DNS }), { code: 'ECONNRESET' });
    server.on('/order', problem('serverInternal', 500));
    await assert.rejects(client.newOrder({ identifiers: DNS }), { code: 'ERR_SCHANNEL_ACME_SERVER' });
    assert.equal(server.asked.length, 2);
  });

  it('gives up a server that stays away', async () => {
    server.on('/order/1', { status: 503 });
    await assert.rejects(client.order(`${ORIGIN}/order/1`), { code: 'ERR_SCHANNEL_ACME_SERVER' });
    assert.equal(server.asked.length, 3);
  });

  it('waits as long as the server says, for at most ten minutes in all', async () => {
    server.on(
      '/order/1',
      json(order({ status: 'processing' }), { headers: { 'retry-after': '7' } }),
      json(order({ status: 'processing' }), { headers: { 'retry-after': 'Tue, 01 Jan 2030 00:00:17 GMT' } }),
      json(order({ status: 'processing' })),
      json(order({ status: 'valid', certificate: `${ORIGIN}/cert` })),
    );
    const done = await client.waitForOrder(`${ORIGIN}/order/1`, 'valid');
    assert.equal(done.certificate, `${ORIGIN}/cert`);
    assert.deepEqual(server.clock.waits, [7000, 10_000, 1000]);

    server.on('/order/1', json(order({ status: 'processing' }), { headers: { 'retry-after': '86400' } }));
    server.asked.splice(0);
    await assert.rejects(client.waitForOrder(`${ORIGIN}/order/1`, 'valid'), {
      code: 'ERR_SCHANNEL_ACME_ORDER',
      message: /not decided in time/,
    });
    assert.equal(server.asked.length, 11);

    server.asked.splice(0);
    const until = new Date(server.clock.now() + 120_000);
    await assert.rejects(client.waitForOrder(`${ORIGIN}/order/1`, 'valid', { until }), {
      code: 'ERR_SCHANNEL_ACME_ORDER',
    });
    assert.equal(server.asked.length, 3);
  });

  it('ends a wait when it is told to', async () => {
    const abort = new AbortController();
    server.on('/order/1', json(order({ status: 'processing' })));
    const waiting = client.waitForOrder(`${ORIGIN}/order/1`, 'valid', { signal: abort.signal });
    abort.abort();
    await assert.rejects(waiting, { name: 'AbortError' });
  });

  it('reports why an order became invalid after its request', async () => {
    const error = { type: 'urn:ietf:params:acme:error:badCSR', detail: 'weak key' };
    server.on('/order/1', json(order({ status: 'invalid', error })));
    await assert.rejects(client.waitForOrder(`${ORIGIN}/order/1`, 'valid'), {
      code: 'ERR_SCHANNEL_ACME_REQUEST',
      message: 'The order for bar.example failed. The ACME server says: weak key',
    });
    server.on('/order/1', json(order({ status: 'invalid' })));
    await assert.rejects(client.waitForOrder(`${ORIGIN}/order/1`, 'valid'), {
      code: 'ERR_SCHANNEL_ACME_ORDER',
    });
  });

  it('keeps what the server says about single names', async () => {
    const subproblems = [
      { type: 'urn:ietf:params:acme:error:caa', detail: 'no\r\nway', identifier: { value: 'a.example' } },
      null,
      ...Array.from({ length: 200 }, () => ({})),
    ];
    server.on('/order', problem('rejectedIdentifier', 403, {}, { subproblems }));
    await assert.rejects(
      client.newOrder({ identifiers: DNS }),
      (error: { problem?: { subproblems: object[] } }) => {
        assert.equal(error.problem?.subproblems.length, 100);
        assert.deepEqual(error.problem.subproblems[0], {
          type: 'urn:ietf:params:acme:error:caa',
          detail: 'no / way',
          name: 'a.example',
        });
        return true;
      },
    );
  });

  it('knows challenges of new kinds, and tokens that are none', async () => {
    const challenges = [
      {
        type: 'dns-persist-01',
        url: `${ORIGIN}/c/1`,
        status: 'pending',
        'issuer-domain-names': ['ca.example'],
      },
      { type: 'http-01', url: `${ORIGIN}/c/2`, status: 'pending', token: '../../etc/passwd' },
      { type: 'dns-01', url: `${ORIGIN}/c/3`, status: 'pending', token: 'abc_-1' },
      null,
      {},
    ];
    server.on('/authz', json({ status: 'pending', identifier: DNS[0], challenges, wildcard: true }));
    const found = await client.authorization(`${ORIGIN}/authz`);
    assert.deepEqual(
      found.challenges.map(({ type, token }) => [type, token]),
      [
        ['dns-persist-01', ''],
        ['http-01', ''],
        ['dns-01', 'abc_-1'],
      ],
    );
    assert.deepEqual(found.challenges[0]?.issuerDomainNames, ['ca.example']);
    assert.equal(found.wildcard, true);
  });

  it('says which certificate is replaced if the server wants to know', async () => {
    const root = await TestAuthority.create('CN=acme root');
    const { der } = await root.issue();
    server.on('/order', created(order()));
    await client.newOrder({ identifiers: DNS, replaces: der, profile: 'short' });
    const [{ payload } = { payload: null }] = server.asked;
    assert.equal(payload?.['profile'], 'short');
    assert.match(String(payload['replaces']), /^[\w-]+\.[\w-]+$/);
  });

  describe('reads chains', () => {
    let root: TestAuthority;
    let leaf: TestCertificate;
    before(async () => {
      root = await TestAuthority.create('CN=acme root');
      leaf = await root.issue();
    });

    const chains = (body: string, link?: string): Promise<unknown> => {
      server.on('/cert', { body: Buffer.from(body), headers: link === undefined ? {} : { link } });
      return client.download({ certificate: `${ORIGIN}/cert` });
    };

    it('in order, with those that others prefer', async () => {
      server.on('/cert/1', { body: Buffer.from(leaf.cert) });
      const links = `<${ORIGIN}/cert/1>;rel="alternate", </cert/2>; rel=alternate, <${ORIGIN}/x>;rel="up"`;
      const found = (await chains(leaf.cert + root.certificate.cert, links)) as unknown[][];
      // The second alternative is not there, which does not matter.
      assert.deepEqual(
        found.map(({ length }) => length),
        [2, 1],
      );
    });

    for (const [what, body] of [
      ['without a certificate', () => 'nothing'],
      ['out of order', () => root.certificate.cert + leaf.cert],
      [
        'of another authority',
        async () => leaf.cert + (await TestAuthority.create('CN=acme root')).certificate.cert,
      ],
      ['with something else in it', () => leaf.cert + leaf.key],
      ['that is too long', () => leaf.cert.repeat(11)],
      ['with a broken certificate', () => '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'],
    ] as const) {
      it(`and refuses one ${what}`, async () => {
        await assert.rejects(chains(await body()), { code: 'ERR_SCHANNEL_ACME_ANSWER' });
      });
    }
  });

  describe('asks when to renew', () => {
    let certificate: Buffer;
    before(async () => {
      certificate = (await (await TestAuthority.create('CN=acme root')).issue()).der as Buffer;
    });
    /** A client of a server that answers so, whatever the certificate. */
    async function asking(answer: ReturnType<typeof json>): Promise<AcmeClient> {
      const { transport, clock } = server;
      return AcmeClient.open({
        directory: `${ORIGIN}/directory`,
        transport: async (request) =>
          request.url.startsWith(`${ORIGIN}/renewal/`)
            ? { status: 200, headers: {}, body: Buffer.alloc(0), ...answer }
            : transport(request),
        accountKey: accountKey(),
        clock,
      });
    }

    it('and reads the window', async () => {
      const other = await asking(
        json(
          {
            suggestedWindow: { start: '2030-02-01T00:00:00Z', end: '2030-02-03T00:00:00Z' },
            explanationURL: 'https://acme.test/why',
          },
          { headers: { 'retry-after': '7200' } },
        ),
      );
      assert.deepEqual(await other.renewalInfo(certificate), {
        start: new Date('2030-02-01T00:00:00Z'),
        end: new Date('2030-02-03T00:00:00Z'),
        explanation: 'https://acme.test/why',
        retryAfter: new Date('2030-01-01T02:00:00Z'),
      });
    });

    it('and takes a window backwards for no answer', async () => {
      const other = await asking(
        json({ suggestedWindow: { start: '2030-02-03T00:00:00Z', end: '2030-02-01T00:00:00Z' } }),
      );
      assert.equal(await other.renewalInfo(certificate), null);
    });
  });

  for (const [what, directory] of [
    ['HTML', null],
    ['JSON of another kind', []],
    ['a directory without addresses', { meta: {} }],
    ['addresses that are not HTTPS', { ...DIRECTORY, newOrder: 'http://acme.test/order' }],
    ['addresses with a password', { ...DIRECTORY, newOrder: 'https://a:b@acme.test/order' }],
    ['addresses that are none', { ...DIRECTORY, newOrder: 'order' }],
  ] as const) {
    it(`refuses a directory that is ${what}`, async () => {
      const bad = new ScriptedAcme(directory);
      if (directory === null) bad.on('/directory', { body: Buffer.from('<html>') });
      await assert.rejects(
        AcmeClient.open({
          directory: `${ORIGIN}/directory`,
          transport: bad.transport,
          accountKey: accountKey(),
          clock: bad.clock,
        }),
        { code: 'ERR_SCHANNEL_ACME_ANSWER' },
      );
    });
  }

  for (const [what, answer] of [
    ['a redirect', { status: 302, headers: { location: 'https://evil.test/' } }],
    ['no JSON', { body: Buffer.from('{') }],
    ['an unknown status', json(order({ status: 'odd' }))],
    ['no place to send the request to', json(order({ finalize: undefined }))],
    ['an authorization elsewhere', json(order({ authorizations: ['ftp://acme.test/'] }))],
    ['a name of an unknown kind', json(order({ identifiers: [{ type: 'mail', value: 'a' }] }))],
  ] as const) {
    it(`refuses an order that is ${what}`, async () => {
      server.on('/order/1', answer);
      await assert.rejects(client.order(`${ORIGIN}/order/1`), { code: 'ERR_SCHANNEL_ACME_ANSWER' });
    });
  }

  it('agrees to nothing, and registers nowhere without what the server wants', async () => {
    const bound = new ScriptedAcme({ ...DIRECTORY, meta: { externalAccountRequired: true } });
    const open = (each: ScriptedAcme): Promise<AcmeClient> =>
      AcmeClient.open({
        directory: `${ORIGIN}/directory`,
        transport: each.transport,
        accountKey: accountKey(),
        clock: each.clock,
      });
    await assert.rejects((await open(server)).register({ termsOfServiceAgreed: false }), {
      code: 'ERR_SCHANNEL_ACME_TERMS',
    });
    await assert.rejects((await open(bound)).register({ termsOfServiceAgreed: true }), {
      code: 'ERR_SCHANNEL_ACME_ACCOUNT',
    });
    assert.deepEqual(paths(bound), ['/directory']);
  });

  it('signs the change of its key twice', async () => {
    server.on('/key', {});
    const next = accountKey('P-384');
    await client.changeKey(next);
    const [asked] = server.asked;
    const inner = asked?.payload as Record<'protected' | 'payload', string>;
    const header = JSON.parse(Buffer.from(inner.protected, 'base64url').toString()) as object;
    assert.deepEqual(Object.keys(header), ['alg', 'jwk', 'url']);
    assert.equal(asked?.header['alg'], 'ES256');
  });
});
