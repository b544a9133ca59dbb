import assert from 'node:assert/strict';
import { followDelegation } from '#lib/apps/acme/dns/delegation.js';
import { dnsFailure, FakeLookup, type FakeZone } from '../../../../support/fake-lookup.js';

describe('apps/acme/dns/delegation', () => {
  const START = '_acme-challenge.bar.example';
  const follow = (zone: FakeZone, signal?: AbortSignal) =>
    followDelegation(START, new FakeLookup({ '': zone }).at(), signal);

  it('follows CNAME records to the name that has none', async () => {
    assert.deepEqual(await follow({}), { name: START, problem: null });
    const zone = { [`CNAME ${START}`]: ['a.dns.example'], 'CNAME a.dns.example': ['b.dns.example'] };
    assert.deepEqual(await follow(zone), { name: 'b.dns.example', problem: null });
  });

  it('takes the CNAME of a wildcard for none', async () => {
    const wildcard = new Proxy<FakeZone>(
      {},
      {
        get: (_zone, question) =>
          /^CNAME .*\.bar\.example$/.test(String(question)) ? ['www.bar.example'] : [],
      },
    );
    assert.deepEqual(await follow(wildcard), { name: START, problem: null });
  });

  for (const target of [
    '-v.evil.example',
    'a.-v.example',
    'a b.example',
    'a\\"b.example',
    'a..b',
    '',
    'a'.repeat(254),
  ]) {
    it(`does not go to a name that programs could take for something else: ${target.slice(0, 20)}`, async () => {
      const { name, problem } = await follow({ [`CNAME ${START}`]: [target] });
      assert.equal(name, START);
      assert.match(String(problem), /lead to a name that is none of a host/);
    });
  }

  it('does not go round in circles, nor on and on', async () => {
    const circle = { [`CNAME ${START}`]: ['a.dns.example'], 'CNAME a.dns.example': [START] };
    const { name, problem } = await follow(circle);
    assert.equal(name, START);
    assert.match(String(problem), /lead back to _acme-challenge/);
    const chain = Object.fromEntries(
      Array.from({ length: 20 }, (_, at) => [
        `CNAME ${at === 0 ? START : `c${at}.example`}`,
        [`c${at + 1}.example`],
      ]),
    );
    assert.deepEqual(await follow(chain), {
      name: 'c10.example',
      problem: `${START} leads to more than 10 CNAME records.`,
    });
  });

  it('goes as far as it can if a server does not answer, unless it is told to end', async () => {
    const zone = { [`CNAME ${START}`]: ['a.dns.example'], 'CNAME a.dns.example': dnsFailure('ETIMEOUT') };
    const { name, problem } = await follow(zone);
    assert.equal(name, 'a.dns.example');
    assert.match(String(problem), /ETIMEOUT/);
    await assert.rejects(follow(zone, AbortSignal.abort()), { name: 'AbortError' });
  });
});
