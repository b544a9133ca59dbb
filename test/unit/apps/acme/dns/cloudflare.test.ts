import assert from 'node:assert/strict';
import { cloudflare } from '#lib/apps/acme/dns/cloudflare.js';
import { ScriptedService, transport } from '../../../../support/scripted-service.js';

const RECORD = { name: '_acme-challenge.bar.example', value: 'v', ttl: 30 };

describe('apps/acme/dns/cloudflare', () => {
  let service: ScriptedService;
  afterEach(() => {
    service.close();
  });

  it('finds the zone, adds a value, and removes it by its identifier', async () => {
    service = await ScriptedService.start({
      'GET /zones?name=_acme-challenge.bar.example': [200, { result: [] }],
      'GET /zones?name=bar.example': [200, { result: [{ id: 'z1' }] }],
      'POST /zones/z1/dns_records': [200, { result: { id: 'r1' } }],
      'DELETE /zones/z1/dns_records/r1': [200, { result: { id: 'r1' } }],
    });
    const dns = cloudflare({ token: 'secret', url: service.url, transport });
    const handle = await dns.add(RECORD);
    assert.deepEqual(handle, { zone: 'z1', id: 'r1' });
    assert.deepEqual(service.asked[2]?.body, { type: 'TXT', name: RECORD.name, content: '"v"', ttl: 60 });
    await dns.remove(handle);
    assert.equal(service.lines.at(-1), 'DELETE /zones/z1/dns_records/r1');
  });

  it('looks for no zone that is given, and passes on why it is refused', async () => {
    service = await ScriptedService.start({
      'POST /zones/z2/dns_records': [400, { errors: [{ code: 81057, message: 'Record already exists.' }] }],
    });
    const dns = cloudflare({ token: 'secret', zoneId: 'z2', url: service.url, transport });
    await assert.rejects(dns.add(RECORD), {
      code: 'ERR_SCHANNEL_DNS_REFUSED',
      message: 'Cloudflare refused: Record already exists. (HTTP status 400)',
    });
    assert.equal(service.asked.length, 1);
  });

  it('says that there is no zone, and refuses an answer without an identifier', async () => {
    service = await ScriptedService.start({
      'GET /zones?name=_acme-challenge.bar.example': [200, { result: [] }],
      'GET /zones?name=bar.example': [200, { result: [] }],
      'POST /zones/z2/dns_records': [200, { result: {} }],
    });
    const options = { token: 'secret', url: service.url, transport };
    await assert.rejects(cloudflare(options).add(RECORD), { code: 'ERR_SCHANNEL_DNS_ZONE' });
    await assert.rejects(cloudflare({ ...options, zoneId: 'z2' }).add(RECORD), {
      code: 'ERR_SCHANNEL_DNS_ANSWER',
    });
  });
});
