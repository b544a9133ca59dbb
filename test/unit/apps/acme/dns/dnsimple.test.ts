import assert from 'node:assert/strict';
import { dnsimple, dnsimpleAccounts } from '#lib/apps/acme/dns/dnsimple.js';
import { ScriptedService, transport } from '../../../../support/scripted-service.js';

const RECORD = { name: '_acme-challenge.www.bar.example', value: 'v', ttl: 60 };

describe('apps/acme/dns/dnsimple', () => {
  let service: ScriptedService;
  afterEach(() => {
    service.close();
  });

  const start = async (answers: Parameters<typeof ScriptedService.start>[0]) => {
    service = await ScriptedService.start(answers);
    return dnsimple({ token: 'secret', url: service.url, transport });
  };

  it('finds account and zone, adds a value, and removes it by its number', async () => {
    const dns = await start({
      'GET /v2/whoami': [200, { data: { account: { id: 7 } } }],
      'GET /v2/7/zones/bar.example': [200, { data: { id: 1 } }],
      'POST /v2/7/zones/bar.example/records': [201, { data: { id: 42 } }],
      'DELETE /v2/7/zones/bar.example/records/42': [204],
    });
    const handle = await dns.add(RECORD);
    assert.deepEqual(handle, { account: '7', zone: 'bar.example', id: 42 });
    await dns.remove(handle);
    assert.deepEqual(service.lines, [
      'GET /v2/whoami',
      'GET /v2/7/zones/_acme-challenge.www.bar.example',
      'GET /v2/7/zones/www.bar.example',
      'GET /v2/7/zones/bar.example',
      'POST /v2/7/zones/bar.example/records',
      'DELETE /v2/7/zones/bar.example/records/42',
    ]);
    assert.deepEqual(service.asked[4]?.body, {
      name: '_acme-challenge.www',
      type: 'TXT',
      content: 'v',
      ttl: 60,
    });
    assert.ok(service.asked.every(({ headers }) => headers.authorization === 'Bearer secret'));
  });

  it('takes a value that is gone for removed', async () => {
    const dns = await start({});
    await dns.remove({ account: '7', zone: 'bar.example', id: 42 });
    assert.equal(service.asked.length, 1);
  });

  it("uses the only account of a user's token, and asks which of several", async () => {
    const whoami = [200, { data: { account: null, user: { id: 1 } } }] as const;
    const dns = await start({
      'GET /v2/whoami': whoami,
      'GET /v2/accounts': [200, { data: [{ id: 8 }] }],
      'GET /v2/8/zones/bar.example': [200, {}],
      'POST /v2/8/zones/bar.example/records': [201, { data: { id: 1 } }],
    });
    assert.equal((await dns.add(RECORD))['account'], '8');
    service.close();
    const other = await start({
      'GET /v2/whoami': whoami,
      'GET /v2/accounts': [200, { data: [{ id: 8 }, { id: 9 }] }],
    });
    await assert.rejects(other.add(RECORD), { code: 'ERR_SCHANNEL_DNS_ZONE', message: /2 accounts/ });
  });

  it('lists the accounts that a token can see', async () => {
    await start({ 'GET /v2/whoami': [200, { data: { account: { id: 7, email: 'anna@bar.example' } } }] });
    const options = { token: 'secret', url: service.url, transport };
    assert.deepEqual(await dnsimpleAccounts(options), [{ id: '7', name: 'anna@bar.example' }]);
    service.close();
    await start({
      'GET /v2/whoami': [200, { data: { account: null } }],
      'GET /v2/accounts': [200, { data: [{ id: 8, email: 'a\u001b[31m' }, { id: 9 }] }],
    });
    assert.deepEqual(await dnsimpleAccounts({ ...options, url: service.url }), [
      { id: '8', name: 'a?[31m' },
      { id: '9', name: '' },
    ]);
  });

  it('says that there is no zone', async () => {
    const dns = await start({ 'GET /v2/whoami': [200, { data: { account: { id: 7 } } }] });
    await assert.rejects(dns.add(RECORD), {
      code: 'ERR_SCHANNEL_DNS_ZONE',
      message: /_acme-challenge\.www\.bar\.example/,
    });
  });

  for (const [status, said, advice] of [
    [401, 'Authentication failed', /token/],
    [403, 'Required Scope: zones', /right/],
    [429, 'quota exceeded', /Wait/],
    [402, 'unpaid', /Pay/],
  ] as const) {
    it(`passes on why it is refused with ${status}, and never the token`, async () => {
      const dns = await start({ 'GET /v2/whoami': [status, { message: said }] });
      await assert.rejects(dns.add(RECORD), (error: Error & { code: string; advice: string }) => {
        assert.equal(error.code, 'ERR_SCHANNEL_DNS_REFUSED');
        assert.equal(error.message, `DNSimple refused: ${said} (HTTP status ${status})`);
        assert.match(error.advice, advice);
        assert.doesNotMatch(JSON.stringify(error), /secret/);
        return true;
      });
    });
  }

  it('refuses answers that are none', async () => {
    const html = await start({ 'GET /v2/whoami': [200, '<html>'] });
    await assert.rejects(html.add(RECORD), { code: 'ERR_SCHANNEL_DNS_ANSWER' });
    service.close();
    const odd = await start({ 'GET /v2/whoami': [200, { data: { account: {} } }] });
    await assert.rejects(odd.add(RECORD), { code: 'ERR_SCHANNEL_DNS_ANSWER' });
  });

  it('says that nobody is there, and shows no token that cannot be one', async () => {
    const dns = await start({});
    service.close();
    await assert.rejects(dns.add(RECORD), { code: 'ERR_SCHANNEL_DNS_CONNECTION', message: /DNSimple/ });
    assert.throws(
      () => dnsimple({ token: 'two words' }),
      (error: Error) => !error.message.includes('words'),
    );
  });
});
