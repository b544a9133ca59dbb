import assert from 'node:assert/strict';
import { type ExpiryAlarm, type ExpiryAlarmOptions, ExpiryAlarms } from '#lib/windows/store/expiry-alarms.js';
import { DAY, type FakeCertificate, FakeStore, NOW } from '../../../support/expiring-store.js';
import { idle, ScriptedClock } from '../../../support/scripted-clock.js';

const told = ({ certificate, before, left }: ExpiryAlarm<FakeCertificate>): string =>
  `${certificate.name} ${before} ${left / DAY}`;

describe('windows/store/expiry-alarms', () => {
  let clock: ScriptedClock;
  const running: { readonly alarms: ExpiryAlarms<FakeCertificate>; readonly store: FakeStore }[] = [];

  const alarmsOf = (
    store: FakeStore,
    options: Partial<ExpiryAlarmOptions<FakeCertificate>> = {},
  ): ExpiryAlarms<FakeCertificate> => {
    const alarms = new ExpiryAlarms(store, { before: ['30d', '7d', '1d'], ...options }, clock);
    running.push({ alarms, store });
    return alarms;
  };

  /** Everything that is told until the moment. */
  function listen(alarms: ExpiryAlarms<FakeCertificate>): string[] {
    const heard: string[] = [];
    void (async () => {
      for await (const alarm of alarms) {
        heard.push(told(alarm));
        alarm.certificate.close();
      }
      heard.push('end');
    })();
    return heard;
  }

  beforeEach(() => {
    clock = new ScriptedClock(NOW);
  });
  afterEach(async () => {
    for (const { alarms, store } of running.splice(0)) {
      await alarms.return();
      await idle();
      assert.equal(store.open, 0, 'something is left open');
    }
    assert.equal(clock.timers, 0);
  });

  it('reports at each of the times, once', async () => {
    const heard = listen(alarmsOf(new FakeStore({ site: 40 })));
    await clock.advance(9.999 * DAY);
    assert.deepEqual(heard, []);
    await clock.advance(0.001 * DAY);
    assert.deepEqual(heard, ['site 30d 30']);
    await clock.advance(40 * DAY);
    assert.deepEqual(heard, ['site 30d 30', 'site 7d 7', 'site 1d 1']);
  });

  it('immediately reports what is already due, for the shortest time', async () => {
    const heard = listen(alarmsOf(new FakeStore({ near: 20, nearer: 0.5, dead: -3, far: 400 })));
    await clock.advance(0);
    assert.deepEqual(heard, ['dead 1d -3', 'nearer 1d 0.5', 'near 30d 20']);
  });

  it('follows what is added to the store, and forgets what is removed', async () => {
    const store = new FakeStore({ old: 31 });
    const heard = listen(alarmsOf(store));
    await clock.advance(0.5 * DAY);
    await store.change({ fresh: 3 });
    assert.deepEqual(heard, ['fresh 7d 2.5']);
    await store.change({ old: undefined, fresh: undefined, successor: 400 });
    await clock.advance(60 * DAY);
    assert.deepEqual(heard, ['fresh 7d 2.5']);
  });

  it('reports a certificate again that was removed and added', async () => {
    const store = new FakeStore({ site: 5 });
    const heard = listen(alarmsOf(store));
    await clock.advance(0);
    await store.change({ site: undefined });
    await store.change({ site: 5 });
    assert.deepEqual(heard, ['site 7d 5', 'site 7d 5']);
  });

  it('waits for years with timers that can hold the time', async () => {
    const heard = listen(alarmsOf(new FakeStore({ root: 4000 }), { before: ['0d'] }));
    await clock.advance(3999 * DAY);
    assert.deepEqual(heard, []);
    assert.ok(clock.waits.every((wait) => wait <= 2 ** 31 - 1));
    await clock.advance(DAY);
    assert.deepEqual(heard, ['root 0d 0']);
  });

  it('waits for nothing but changes when nothing can expire', async () => {
    const store = new FakeStore({});
    const heard = listen(alarmsOf(store));
    await clock.advance(10 * DAY);
    await store.change({ site: 1 });
    assert.deepEqual(heard, ['site 1d -9']);
  });

  it('ignores what the filter refuses', async () => {
    const heard = listen(alarmsOf(new FakeStore({ a: 1, b: 1 }), { where: ({ name }) => name === 'b' }));
    await clock.advance(0);
    assert.deepEqual(heard, ['b 1d 1']);
  });

  it('accepts milliseconds, and returns the time as it was given', async () => {
    const heard = listen(alarmsOf(new FakeStore({ a: 3 }), { before: [2 * DAY, '1d'] }));
    await clock.advance(DAY);
    assert.deepEqual(heard, [`a ${2 * DAY} 2`]);
  });

  it('ends with its store', async () => {
    const store = new FakeStore({ a: 100 });
    const heard = listen(alarmsOf(store));
    await idle();
    for (const changes of store.changes) changes.end();
    await idle();
    assert.deepEqual(heard, ['end']);
  });

  it('ends by a signal', async () => {
    const abort = new AbortController();
    const alarms = alarmsOf(new FakeStore({ a: 100 }), { signal: abort.signal });
    const next = alarms.next();
    await idle();
    abort.abort();
    await assert.rejects(next, { name: 'AbortError' });
    assert.deepEqual(await alarms.next(), { done: true, value: undefined });
  });

  it('ends by a failure of the store', async () => {
    const store = new FakeStore({ a: 100 });
    const alarms = alarmsOf(store);
    const next = alarms.next();
    await idle();
    store.failure = new Error('gone');
    await Promise.all([assert.rejects(next, { message: 'gone' }), clock.advance(DAY)]);
  });

  for (const before of [[], ['soon'], '30d', undefined, [-1]] as unknown[]) {
    it(`refuses ${JSON.stringify(before)} as times`, () => {
      const options = { before } as ExpiryAlarmOptions<FakeCertificate>;
      assert.throws(() => new ExpiryAlarms(new FakeStore({}), options), { code: 'ERR_INVALID_ARG_VALUE' });
    });
  }
});
