import assert from 'node:assert/strict';
import { type ChallengeCheck, checkChallenges } from '#lib/apps/acme/challenge/check-challenges.js';
import { httpTokens } from '#lib/apps/acme/challenge/http-tokens.js';
import { webroot } from '#lib/apps/acme/challenge/webroot.js';
import type { PortOwner } from '#lib/windows/port/port-owner.js';
import { dnsFailure, FakeLookup, type FakeZone } from '../../../../support/fake-lookup.js';

describe('apps/acme/challenge/check-challenges', () => {
  const dns = { types: ['dns-01'], refuses: () => null };

  /** What is found, as 'about name: text', and what was asked. */
  async function found(
    zone: FakeZone,
    more: Partial<ChallengeCheck> = {},
    owner: PortOwner = { state: 'free' },
  ) {
    const lookup = new FakeLookup({ '': zone });
    const ports: number[] = [];
    const findings = await checkChallenges(
      {
        names: ['bar.example'],
        solvers: [httpTokens()],
        directory: { caaIdentities: ['ca.example'] },
        ...more,
      },
      {
        lookupFor: () => lookup.at(),
        ownerOf: (port) => {
          ports.push(port);
          return Promise.resolve(owner);
        },
        ownAddresses: () => ['192.168.0.5', '2001:db8::5'],
      },
    );
    return {
      texts: findings.map(({ about, name, text }) => `${about} ${name ?? '-'}: ${text}`),
      advice: findings.map(({ advice }) => advice).join(' '),
      asked: lookup.asked,
      ports,
    };
  }

  /** Behind a router, whose address it is. */
  const GOOD = { 'A bar.example': ['192.0.2.1'], 'AAAA bar.example': ['2001:DB8:0::5'] };

  it('finds nothing where nothing is in the way', async () => {
    const { texts, ports } = await found(GOOD);
    assert.deepEqual([texts, ports], [[], [80]]);
    assert.deepEqual((await found(GOOD, {}, { state: 'own' })).texts, []);
  });

  it('names the CAA record that is in the way', async () => {
    const zone = { ...GOOD, 'CAA bar.example': ['0 issue "ca.example"', '0 issuewild "other.example"'] };
    const { texts } = await found(zone, { names: ['bar.example', '*.bar.example'], solvers: [dns] });
    assert.equal(texts.length, 1);
    assert.match(
      String(texts[0]),
      /^caa \*\.bar\.example: The CAA records of bar\.example permit only other\.example/,
    );
  });

  it('names addresses of other machines, if the authority connects to them', async () => {
    const foreign = { ...GOOD, 'AAAA bar.example': ['2001:db8::5', '2001:db8::6'] };
    assert.deepEqual((await found(foreign)).texts, [
      'address bar.example: bar.example has the IPv6 address 2001:db8::6, which this machine does not have.',
    ]);
    assert.deepEqual((await found({})).texts, ['address bar.example: bar.example has no address.']);
    const { texts, ports, asked } = await found(foreign, { solvers: [dns] });
    assert.deepEqual([texts, ports], [[], []]);
    assert.deepEqual(
      asked.filter((each) => each.startsWith('A')),
      [],
    );
  });

  for (const [owner, text, advice] of [
    [{ state: 'http.sys' }, /Port 80 belongs to Windows' own HTTP service/, /webroot.*netsh/],
    [{ state: 'denied' }, /Port 80 is closed to this account/, /account/],
    [
      { state: 'taken', pid: 7, name: 'nginx.exe' },
      /Port 80 belongs to nginx\.exe \(process 7\)\./,
      /webroot/,
    ],
    [{ state: 'taken', pid: null, name: null }, /Port 80 belongs to another program\./, /webroot/],
  ] as const) {
    it(`says who has port 80: ${owner.state}`, async () => {
      const result = await found(GOOD, {}, owner);
      assert.equal(result.texts.length, 1);
      assert.match(String(result.texts[0]), text);
      assert.match(result.advice, advice);
    });
  }

  it('leaves the port alone that another program is meant to have', async () => {
    for (const solver of [
      webroot({ folder: 'www' }),
      httpTokens({ folder: 'answers' }),
      httpTokens({ port: 0 }),
    ]) {
      const { texts, ports } = await found(GOOD, { solvers: [solver] }, { state: 'http.sys' });
      assert.deepEqual([texts, ports], [[], []]);
    }
  });

  it('says what could not be found out, and asks nothing about addresses', async () => {
    const { texts } = await found({ ...GOOD, 'CAA bar.example': dnsFailure('ETIMEOUT') });
    assert.equal(texts.length, 1);
    assert.match(String(texts[0]), /^unknown bar\.example: .*ETIMEOUT/);
    const solvers = [httpTokens({ port: 8080 })];
    const { asked, ports } = await found({}, { names: ['192.0.2.1'], solvers });
    assert.deepEqual([asked, ports], [[], [8080]]);
  });

  it('ends when it is told to', async () => {
    const signal = AbortSignal.abort();
    await assert.rejects(found({ 'CAA bar.example': dnsFailure('ECANCELLED') }, { signal }), {
      name: 'AbortError',
    });
  });
});
