import assert from 'node:assert/strict';
import { acmeDns, registerAcmeDns } from '#lib/apps/acme/dns/acme-dns.js';
import { ScriptedService, transport } from '../../../../support/scripted-service.js';

const ACCOUNT = { username: 'u', password: 'p', subdomain: 's', fulldomain: 's.auth.example' };

describe('apps/acme/dns/acme-dns', () => {
  let service: ScriptedService;
  afterEach(() => {
    service.close();
  });

  it('gets an account, and sets values with it', async () => {
    service = await ScriptedService.start({
      'POST /register': [201, { ...ACCOUNT, allowfrom: [] }],
      'POST /update': [200, { txt: 'v' }],
    });
    const account = await registerAcmeDns({ url: service.url, transport });
    assert.deepEqual(account, ACCOUNT);
    const dns = acmeDns({ url: service.url, account, transport });
    const handle = await dns.add({ name: '_acme-challenge.bar.example', value: 'v', ttl: 60 });
    await dns.remove(handle);
    const [, update] = service.asked;
    assert.deepEqual(update?.body, { subdomain: 's', txt: 'v' });
    assert.deepEqual([update.headers['x-api-user'], update.headers['x-api-key']], ['u', 'p']);
    assert.equal(service.asked.length, 2);
  });

  it('refuses half an account, and passes on a refusal', async () => {
    service = await ScriptedService.start({
      'POST /register': [201, { username: 'u' }],
      'POST /update': [401, { error: 'forbidden' }],
    });
    await assert.rejects(registerAcmeDns({ url: service.url, transport }), {
      code: 'ERR_SCHANNEL_DNS_ANSWER',
    });
    const dns = acmeDns({ url: service.url, account: ACCOUNT, transport });
    await assert.rejects(dns.add({ name: 'a.example', value: 'v', ttl: 60 }), {
      message: 'acme-dns refused: forbidden (HTTP status 401)',
    });
  });
});
