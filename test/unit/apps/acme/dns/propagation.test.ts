import assert from 'node:assert/strict';
import { waitForValues } from '#lib/apps/acme/dns/propagation.js';
import { dnsFailure, FakeLookup, type FakeZone } from '../../../../support/fake-lookup.js';
import { HastyClock } from '../../../../support/scripted-clock.js';

describe('apps/acme/dns/propagation', () => {
  const NAME = '_acme-challenge.bar.example';
  const RESOLVER: FakeZone = {
    'SOA bar.example': ['ns1.bar.example'],
    'NS bar.example': ['ns1.bar.example', 'ns2.bar.example'],
    'A ns1.bar.example': ['192.0.2.1'],
    'AAAA ns1.bar.example': ['2001:db8::1'],
    'A ns2.bar.example': ['192.0.2.2'],
  };
  /** A server that shows the values from the question with this number on. */
  const showingFrom = (round: number, ...values: string[]): FakeZone => {
    let asked = 0;
    return {
      get [`TXT ${NAME}`]() {
        asked += 1;
        return asked < round ? [] : ['of others', ...values];
      },
    };
  };
  const silent: FakeZone = { [`TXT ${NAME}`]: dnsFailure('ETIMEOUT') };

  async function wait(servers: Record<string, FakeZone>, values: string[], limit = 60_000) {
    const [lookup, clock, log] = [
      new FakeLookup({ '': RESOLVER, ...servers }),
      new HastyClock(),
      [] as string[],
    ];
    await waitForValues(
      values.map((value) => ({ name: NAME, value })),
      { lookup: lookup.at(), clock, limit, log: (text) => log.push(text) },
    );
    return { log, waits: clock.waits.length, asked: lookup.asked };
  }

  it('asks each server of the zone until it shows every value', async () => {
    const { log, waits, asked } = await wait(
      { '192.0.2.1': showingFrom(1, 'one', 'two'), '192.0.2.2': showingFrom(5, 'one', 'two') },
      ['one', 'two'],
    );
    assert.deepEqual(log, [
      'The records are not yet shown by ns2.bar.example.',
      'The records are shown by ns1.bar.example, ns2.bar.example.',
    ]);
    // Two values are two questions.
    assert.equal(waits, 2);
    assert.equal(asked.filter((each) => each.endsWith('at 192.0.2.1')).length, 2);
    assert.ok(!asked.includes(`TXT ${NAME}`), 'a resolver would remember that there is nothing');
  });

  it('takes any address of a server', async () => {
    const { log } = await wait(
      { '192.0.2.1': silent, '2001:db8::1': showingFrom(1, 'one'), '192.0.2.2': showingFrom(1, 'one') },
      ['one'],
    );
    assert.deepEqual(log, ['The records are shown by ns1.bar.example, ns2.bar.example.']);
  });

  it('does not wait for a server that says nothing three times', async () => {
    const { log, waits } = await wait(
      { '192.0.2.1': silent, '2001:db8::1': silent, '192.0.2.2': showingFrom(1, 'one') },
      ['one'],
    );
    assert.deepEqual(log.slice(1), [
      'The records are shown by ns2.bar.example.',
      'No answer came from ns1.bar.example. The order goes on.',
    ]);
    assert.equal(waits, 2);
  });

  it('ends with its limit', async () => {
    const { log, waits } = await wait({}, ['one'], 20_000);
    assert.equal(
      log.at(-1),
      'After 20 seconds, the records are still not shown by ns1.bar.example, ns2.bar.example. The order goes on.',
    );
    assert.equal(waits, 10);
  });

  it('says why there is nobody to ask', async () => {
    const lookup = new FakeLookup({ '': { 'SOA bar.example': dnsFailure('ESERVFAIL') } });
    const log: string[] = [];
    const settings = {
      lookup: lookup.at(),
      clock: new HastyClock(),
      limit: 1000,
      log: (text: string) => log.push(text),
    };
    await waitForValues(
      [
        { name: NAME, value: 'one' },
        { name: 'foo.example', value: 'x' },
      ],
      settings,
    );
    assert.equal(log.length, 2);
    assert.match(log.join('\n'), /ESERVFAIL[^]+No name servers were found for foo\.example/);
  });

  it('ends when it is told to', async () => {
    const controller = new AbortController();
    const lookup = new FakeLookup({ '': RESOLVER });
    await assert.rejects(
      waitForValues([{ name: NAME, value: 'one' }], {
        lookup: lookup.at(),
        clock: new HastyClock(),
        limit: 60_000,
        log: () => controller.abort(),
        signal: controller.signal,
      }),
      { name: 'AbortError' },
    );
  });
});
