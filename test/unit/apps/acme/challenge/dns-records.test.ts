import assert from 'node:assert/strict';
import { dnsRecords, type DnsRecordsOptions } from '#lib/apps/acme/challenge/dns-records.js';
import type { ChallengePlan } from '#lib/apps/acme/challenge/solver.js';
import type { DnsHandle, DnsProvider } from '#lib/apps/acme/dns/provider.js';
import { taskFor } from '../../../../support/acme-order.js';
import { FakeLookup, type FakeZone } from '../../../../support/fake-lookup.js';
import { HastyClock } from '../../../../support/scripted-clock.js';

describe('apps/acme/challenge/dns-records', () => {
  let done: unknown[];
  let log: string[];
  beforeEach(() => {
    done = [];
    log = [];
  });

  const provider = (handle: DnsHandle = { id: 7 }): DnsProvider => ({
    name: 'a provider',
    add(record) {
      done.push(['add', record]);
      return Promise.resolve(handle);
    },
    remove(removed) {
      done.push(['remove', removed]);
      return Promise.resolve();
    },
    removeValue(record) {
      done.push(['removeValue', record]);
      return Promise.resolve();
    },
  });
  const context = { log: (text: string) => log.push(text) };
  const solverOf = (zone: FakeZone = {}, options: DnsRecordsOptions = {}, handle?: DnsHandle) =>
    dnsRecords(provider(handle), options, {
      lookupFor: () => new FakeLookup({ '': zone }).at(),
      clock: new HastyClock(),
    });
  const journalled = (plan: ChallengePlan): ChallengePlan =>
    JSON.parse(JSON.stringify(plan)) as ChallengePlan;

  it('puts the value of a name and that of its wildcard under one name', async () => {
    const solver = solverOf();
    for (const name of ['bar.example', '*.bar.example']) {
      const plan = await solver.plan(taskFor('dns-01', name, name), context);
      const record = '_acme-challenge.bar.example';
      assert.deepEqual(plan, { name: record, value: `value-of-${name}`, shownAt: record });
    }
    assert.deepEqual([log, done], [[], []]);
  });

  it('removes by what the provider said, and by name and value if it said nothing', async () => {
    const solver = solverOf({}, { ttl: 30 });
    const plan = journalled(await solver.plan(taskFor('dns-01', 'bar.example'), context));
    const shown = journalled(await solver.show(plan, context));
    await solver.undo(shown, context);
    await solver.undo(plan, context);
    const record = { name: '_acme-challenge.bar.example', value: 'value-of-token' };
    assert.deepEqual(done, [
      ['add', { ...record, ttl: 30 }],
      ['remove', { id: 7 }],
      ['removeValue', record],
    ]);
  });

  it('removes by a handle that has nothing in it', async () => {
    const solver = solverOf({}, {}, {});
    const plan = await solver.plan(taskFor('dns-01', 'bar.example'), context);
    await solver.undo(await solver.show(plan, context), context);
    assert.deepEqual(done.at(-1), ['remove', {}]);
  });

  it('puts the value where CNAME records lead to, unless it is told not to', async () => {
    const zone = { 'CNAME _acme-challenge.bar.example': ['bar.dns.example'] };
    const task = taskFor('dns-01', 'bar.example');
    assert.equal((await solverOf(zone).plan(task, context))['name'], 'bar.dns.example');
    assert.deepEqual(log, ['_acme-challenge.bar.example leads to bar.dns.example: the record is put there.']);
    const plan = await solverOf(zone, { followAliases: false }).plan(task, context);
    assert.equal(plan['name'], '_acme-challenge.bar.example');
    // The ACME server looks at the end in any case.
    assert.equal(plan['shownAt'], 'bar.dns.example');
  });

  it('waits for the name servers, for as long as it is told', async () => {
    const plan = { name: 'a.example', value: 'x', shownAt: '_acme-challenge.bar.example' };
    const zone = {
      'SOA bar.example': ['x'],
      'NS bar.example': ['ns.bar.example'],
      'A ns.bar.example': ['192.0.2.1'],
    };
    await solverOf(zone, { patience: 10 }).settle?.([plan], context);
    assert.match(String(log.at(-1)), /^After 10 seconds, .* by ns\.bar\.example\. The order goes on\.$/);
    log = [];
    await solverOf(zone, { patience: 0 }).settle?.([plan], context);
    assert.deepEqual(log, []);
  });

  it('has no records for addresses, and checks its options', () => {
    assert.match(String(solverOf().refuses({ type: 'ip', value: '192.0.2.1' })), /address/);
    assert.equal(solverOf().refuses({ type: 'dns', value: '*.bar.example' }), null);
    assert.throws(() => dnsRecords({} as never), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => solverOf({}, { ttl: 0 }), { code: 'ERR_OUT_OF_RANGE' });
    assert.throws(() => solverOf({}, { patience: -1 }), { code: 'ERR_OUT_OF_RANGE' });
  });
});
