import assert from 'node:assert/strict';
import { caaObstacle, type CaaQuestion } from '#lib/apps/acme/dns/caa.js';
import { FakeLookup, type FakeZone } from '../../../../support/fake-lookup.js';

describe('apps/acme/dns/caa', () => {
  const ask = (zone: FakeZone, more: Partial<CaaQuestion> = {}) =>
    caaObstacle(
      {
        name: 'www.bar.example',
        wildcard: false,
        identities: ['ca.example'],
        account: 'https://ca.example/account/1',
        methods: ['http-01'],
        ...more,
      },
      new FakeLookup({ '': zone }).at(),
    );

  it('finds no obstacle where there is none', async () => {
    for (const set of [
      [],
      ['0 issue "other.example"', '0 issue "CA.Example"'],
      ['0 iodef "mailto:anna@bar.example"'],
      ['0 issuewild ";"'],
      ['0 issue "ca.example; validationmethods=dns-01,http-01"'],
      ['0 issue "ca.example; accounturi=https://ca.example/account/1 ; validationmethods=http-01"'],
      ['0 issue "ca.example; accounturi=https://ca.example/account/2"', '0 issue "ca.example"'],
    ])
      assert.equal(await ask({ 'CAA bar.example': set }), null, set.join());
    // An authority that does not say its name can't be compared.
    assert.equal(await ask({ 'CAA bar.example': ['0 issue ";"'] }, { identities: [] }), null);
  });

  for (const [what, zone, more, expected] of [
    [
      'another authority',
      { 'CAA bar.example': ['0 issue "other.example"'] },
      {},
      'The CAA records of bar.example permit only other.example to issue a certificate. This authority is called ca.example.',
    ],
    [
      'nobody',
      { 'CAA bar.example': ['0 issue ";"'] },
      {},
      'The CAA records of bar.example permit nobody to issue a certificate. This authority is called ca.example.',
    ],
    [
      'the record of the name itself, not the one above it',
      { 'CAA www.bar.example': ['0 issue "other.example"'], 'CAA bar.example': ['0 issue "ca.example"'] },
      {},
      'The CAA records of www.bar.example permit only other.example to issue a certificate. This authority is called ca.example.',
    ],
    [
      'a rule for wildcards',
      { 'CAA bar.example': ['0 issue "ca.example"', '0 issuewild "other.example"'] },
      { wildcard: true },
      'The CAA records of bar.example permit only other.example to issue a wildcard. This authority is called ca.example.',
    ],
    [
      'another account',
      { 'CAA bar.example': ['0 issue "ca.example; accounturi=https://ca.example/account/2"'] },
      {},
      'The CAA records of bar.example permit this authority to issue a certificate only for the account https://ca.example/account/2, which is not https://ca.example/account/1.',
    ],
    [
      'other challenges',
      { 'CAA bar.example': ['0 issue "ca.example;validationmethods=dns-01"'] },
      { methods: ['http-01', 'tls-alpn-01'] },
      'The CAA records of bar.example permit this authority to issue a certificate only by dns-01, and http-01 or tls-alpn-01 is what can be answered here.',
    ],
    [
      'a critical property that nobody knows',
      { 'CAA bar.example': ['128 tbs "Unknown"', '0 issue "ca.example"'] },
      {},
      'The CAA records of bar.example have the critical property "tbs", which no authority may ignore.',
    ],
  ] as const) {
    it(`names the record that is in the way: ${what}`, async () => {
      assert.equal(await ask(zone, more), expected);
    });
  }
});
