import assert from 'node:assert/strict';
import { httpRequest } from '#lib/apps/acme/dns/http-request.js';
import { ScriptedService, transport } from '../../../../support/scripted-service.js';

describe('apps/acme/dns/http-request', () => {
  let service: ScriptedService;
  afterEach(() => {
    service.close();
  });

  it("asks as lego's provider does", async () => {
    service = await ScriptedService.start({ 'POST /dns/present': [200], 'POST /dns/cleanup': [200, {}] });
    const dns = httpRequest({ url: `${service.url}/dns/`, username: 'anna', password: 'ä', transport });
    const handle = await dns.add({ name: '_acme-challenge.bar.example', value: 'v', ttl: 60 });
    await dns.remove(handle);
    const body = { fqdn: '_acme-challenge.bar.example.', value: 'v' };
    assert.deepEqual(
      service.asked.map((each) => [each.line, each.body, each.headers.authorization]),
      [
        ['POST /dns/present', body, `Basic ${Buffer.from('anna:ä').toString('base64')}`],
        ['POST /dns/cleanup', body, `Basic ${Buffer.from('anna:ä').toString('base64')}`],
      ],
    );
  });

  it('says nothing of a user if there is none', async () => {
    service = await ScriptedService.start({ 'POST /present': [200] });
    await httpRequest({ url: service.url, transport }).add({ name: 'a.example', value: 'v', ttl: 60 });
    assert.equal(service.asked[0]?.headers.authorization, undefined);
  });
});
