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

  it('removes a value whose identifier was lost, and sets addresses', async () => {
    const query = (type: string, name: string) =>
      `GET /zones/z2/dns_records?type=${type}&name=${name}&per_page=100`;
    const listed = (type: string, name: string, id: string, content: string) => ({ type, name, id, content });
    const pc = 'pc.bar.example';
    service = await ScriptedService.start({
      [`${query('TXT', RECORD.name)}&page=1`]: [
        200,
        { result: [listed('TXT', RECORD.name, 'r1', '"w"')], result_info: { total_pages: 2 } },
      ],
      [`${query('TXT', RECORD.name)}&page=2`]: [
        200,
        { result: [listed('TXT', RECORD.name, 'r2', '"v"')], result_info: { total_pages: 2 } },
      ],
      [`${query('A', pc)}&page=1`]: [200, { result: [listed('A', pc, 'r3', '10.0.0.1')] }],
      [`${query('AAAA', pc)}&page=1`]: [200, { result: [] }],
      'POST /zones/z2/dns_records': [200, { result: { id: 'r4' } }],
      ...Object.fromEntries(
        ['r2', 'r3'].map((id) => [`DELETE /zones/z2/dns_records/${id}`, [200, {}] as const]),
      ),
    });
    const dns = cloudflare({ token: 'secret', zoneId: 'z2', url: service.url, transport });
    await dns.removeValue(RECORD);
    const changes = () => service.lines.filter((line) => !line.startsWith('GET'));
    assert.deepEqual(changes(), ['DELETE /zones/z2/dns_records/r2']);
    await dns.setAddress?.({ name: pc, address: '10.0.0.2', ttl: 300 });
    assert.deepEqual(changes().slice(1), ['POST /zones/z2/dns_records', 'DELETE /zones/z2/dns_records/r3']);
    assert.deepEqual(service.asked.find(({ line }) => line.startsWith('POST'))?.body, {
      type: 'A',
      name: pc,
      content: '10.0.0.2',
      ttl: 300,
      proxied: false,
    });
    await dns.setAddress?.({ name: pc, address: '10.0.0.1', ttl: 300 });
    await dns.setAddress?.({ name: pc, address: null, ttl: 300 });
    assert.deepEqual(changes().slice(3), ['DELETE /zones/z2/dns_records/r3']);
  });
});
