import assert from 'node:assert/strict';
import { dnsimple } from '#lib/apps/acme/dns/dnsimple.js';
import { FakeDnsimple, RESET_AT } from '../../../../support/fake-dnsimple.js';
import { transport } from '../../../../support/scripted-service.js';

const NAME = '_acme-challenge.www.bar.example';

describe('apps/acme/dns/dnsimple: rules of the service', () => {
  let fake: FakeDnsimple;
  beforeEach(async () => {
    fake = await FakeDnsimple.start('secret', 7, ['bar.example']);
  });
  afterEach(() => fake.close());

  const provider = (token = 'secret') => dnsimple({ token, url: fake.url, transport });

  const contents = () => fake.records.map(({ name, type, content }) => `${name} ${type} ${content}`).sort();

  it('adds two values of one name beside others, and removes each by its number', async () => {
    fake.put('bar.example', '_acme-challenge.www', 'TXT', '"foreign"');
    const dns = provider();
    const one = await dns.add({ name: NAME, value: 'one', ttl: 60 });
    const two = await dns.add({ name: NAME.toUpperCase(), value: 'two', ttl: 60 });
    assert.deepEqual(contents(), [
      '_acme-challenge.www TXT "foreign"',
      '_acme-challenge.www TXT "one"',
      '_acme-challenge.www TXT "two"',
    ]);
    await dns.remove(one);
    await dns.remove(one);
    await dns.remove(two);
    assert.deepEqual(contents(), ['_acme-challenge.www TXT "foreign"']);
  });

  it('adds a value to the zone itself', async () => {
    await provider().add({ name: 'bar.example', value: 'v', ttl: 60 });
    assert.deepEqual(contents(), [' TXT "v"']);
  });

  it('removes a value whose number was lost, on the second page too', async () => {
    for (let index = 0; index < 120; index += 1)
      fake.put('bar.example', '_acme-challenge.www', 'TXT', `"v${index}"`);
    await provider().removeValue({ name: NAME, value: 'v110' });
    assert.equal(fake.records.length, 119);
    assert.ok(!fake.records.some(({ content }) => content === '"v110"'));
    await provider().removeValue({ name: NAME, value: 'v110' });
    assert.equal(fake.records.length, 119);
  });

  it('removes a lost value of the zone itself, and none of another name', async () => {
    fake.put('bar.example', 'other', 'TXT', '"v"');
    fake.put('bar.example', '', 'TXT', '"v"');
    await provider().removeValue({ name: 'bar.example', value: 'v' });
    assert.deepEqual(contents(), ['other TXT "v"']);
  });

  it('gives a host one address of a type, and takes them away', async () => {
    fake.put('bar.example', 'pc', 'A', '10.0.0.1');
    fake.put('bar.example', 'pc', 'AAAA', 'fd00::1');
    fake.put('bar.example', 'other', 'A', '10.0.0.9');
    const dns = provider();
    const host = { name: 'pc.bar.example', ttl: 300 };
    await dns.setAddress?.({ ...host, address: '10.0.0.2' });
    await dns.setAddress?.({ ...host, address: '10.0.0.2' });
    assert.deepEqual(contents(), ['other A 10.0.0.9', 'pc A 10.0.0.2', 'pc AAAA fd00::1']);
    await dns.setAddress?.({ ...host, address: 'fd00::2' });
    assert.deepEqual(contents(), ['other A 10.0.0.9', 'pc A 10.0.0.2', 'pc AAAA fd00::2']);
    await dns.setAddress?.({ ...host, address: null });
    assert.deepEqual(contents(), ['other A 10.0.0.9']);
  });

  it('asks for zones only, whatever the name has', async () => {
    await provider().add({ name: 'a/../../../x?y=.bar.example', value: 'v', ttl: 60 });
    const [, ...lines] = fake.lines;
    assert.ok(
      lines.every((line) => /^(?:GET|POST) \/v2\/7\/zones\/[^/?]+(?:\/records)?$/.test(line)),
      lines.join('\n'),
    );
  });

  it('passes on which field was refused', async () => {
    await assert.rejects(provider().add({ name: NAME, value: '', ttl: 60 }), {
      code: 'ERR_SCHANNEL_DNS_REFUSED',
      message: "DNSimple refused: Validation failed; content can't be blank (HTTP status 400)",
    });
  });

  it('says until when no more requests are allowed', async () => {
    fake.remaining = 1;
    await assert.rejects(provider().add({ name: NAME, value: 'v', ttl: 60 }), {
      code: 'ERR_SCHANNEL_DNS_REFUSED',
      retryAfter: new Date(RESET_AT * 1000),
    });
  });

  for (const [status, said, advice] of [
    [402, 'account is not paid', /Pay/],
    [403, 'Required Scope: zones:write', /right/],
    [412, 'not part of the plan', /plan/],
  ] as const) {
    it(`advises after ${status}`, async () => {
      fake.trouble = { status, body: { message: said } };
      await assert.rejects(
        provider().add({ name: NAME, value: 'v', ttl: 60 }),
        (error: Error & { advice: string }) => {
          assert.match(error.message, new RegExp(said));
          assert.match(error.advice, advice);
          return true;
        },
      );
    });
  }

  it('does not get in with another token, and sees only its zones', async () => {
    await assert.rejects(provider('other').add({ name: NAME, value: 'v', ttl: 60 }), /Authentication failed/);
    await assert.rejects(provider().add({ name: 'a.foo.example', value: 'v', ttl: 60 }), {
      code: 'ERR_SCHANNEL_DNS_ZONE',
    });
  });
});
