import assert from 'node:assert/strict';
import { dnsPersist, persistentRecord } from '#lib/apps/acme/challenge/dns-persist.js';
import { taskFor } from '../../../../support/acme-order.js';
import { dnsFailure, FakeLookup, type FakeZone } from '../../../../support/fake-lookup.js';
import { HastyClock } from '../../../../support/scripted-clock.js';

describe('apps/acme/challenge/dns-persist', () => {
  const ACCOUNT = 'https://ca.example/account/1';
  const VALUE = `ca.example; accounturi=${ACCOUNT}`;

  /** What is logged for a name with these records. */
  async function logged(name: string, zone: FakeZone, issuerDomainNames = ['ca.example', 'other.example']) {
    const log: string[] = [];
    const solver = dnsPersist(
      {},
      { lookupFor: () => new FakeLookup({ '': zone }).at(), clock: new HastyClock(1_000_000_000_000) },
    );
    const context = { log: (text: string) => log.push(text) };
    const { challenge } = taskFor('dns-persist-01', name, '');
    const task = taskFor('dns-persist-01', name, '', {
      account: ACCOUNT,
      challenge: { ...challenge, issuerDomainNames },
    });
    const plan = await solver.plan(task, context);
    assert.deepEqual(await solver.show(plan, context), plan);
    await solver.undo(plan, context);
    return log.join();
  }

  it('writes the record that a person adds', () => {
    const of = { issuer: 'CA.example', account: ACCOUNT };
    assert.deepEqual(persistentRecord({ name: 'bar.example', ...of }), {
      name: '_validation-persist.bar.example',
      value: VALUE,
    });
    assert.deepEqual(persistentRecord({ name: '*.bar.example', until: new Date(1_721_952_000_999), ...of }), {
      name: '_validation-persist.bar.example',
      value: `${VALUE}; policy=wildcard; persistUntil=1721952000`,
    });
  });

  it('finds a record that proves the name', async () => {
    const found = '_validation-persist.bar.example proves bar.example to ca.example.';
    for (const value of [
      VALUE,
      `OTHER.example;accounturi=${ACCOUNT}`,
      `${VALUE}; persistUntil=1000000001`,
      `${VALUE}; policy=wildcard`,
    ]) {
      assert.equal(
        await logged('bar.example', { 'TXT _validation-persist.bar.example': ['x', value] }),
        found,
      );
    }
  });

  it('finds one above the name, or for a wildcard, if its policy allows that', async () => {
    const zone = { 'TXT _validation-persist.bar.example': [`${VALUE}; policy=wildcard`] };
    assert.match(await logged('a.www.bar.example', zone), /^_validation-persist\.bar\.example proves/);
    assert.match(await logged('*.bar.example', zone), /^_validation-persist\.bar\.example proves/);
    const narrow = { 'TXT _validation-persist.bar.example': [VALUE] };
    assert.match(await logged('www.bar.example', narrow), /needs a TXT record/);
    assert.match(await logged('*.bar.example', narrow), /"ca\.example; .*; policy=wildcard"$/);
  });

  it('says which record is missing, and goes on', async () => {
    for (const value of [
      'other-ca.example; accounturi=https://ca.example/account/1',
      'ca.example; accounturi=https://ca.example/account/2',
      `${VALUE}; persistUntil=999999999`,
      '',
    ]) {
      assert.equal(
        await logged('bar.example', { 'TXT _validation-persist.bar.example': [value] }),
        `bar.example needs a TXT record at _validation-persist.bar.example: "${VALUE}"`,
      );
    }
    assert.match(
      await logged('bar.example', { 'TXT _validation-persist.bar.example': dnsFailure('ETIMEOUT') }),
      /could not be looked up: .*ETIMEOUT/,
    );
    assert.match(await logged('example', {}), /needs a TXT record/);
  });

  it('needs the name of the authority', async () => {
    await assert.rejects(logged('bar.example', {}, []), { code: 'ERR_SCHANNEL_ACME_CHALLENGE' });
    assert.match(String(dnsPersist().refuses({ type: 'ip', value: '192.0.2.1' })), /address/);
    assert.equal(dnsPersist().refuses({ type: 'dns', value: '*.bar.example' }), null);
  });
});
