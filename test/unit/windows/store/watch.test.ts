import assert from 'node:assert/strict';
import { StoreWatcher, type StoreChange, type WatchOptions } from '#lib/windows/store/watch.js';
import { idle, ScriptedClock } from '../../../support/scripted-clock.js';
import { type Handed, ScriptedStore, thumbprint } from '../../../support/scripted-store.js';

const told = (change: StoreChange<Handed>): string => `${change.type} ${change.certificate.name}`;

/** What next() gives, with the certificate closed. */
async function nextOf(watcher: StoreWatcher<Handed>): Promise<string> {
  const result = await watcher.next();
  if (result.done === true) return 'end';
  result.value.certificate.close();
  return told(result.value);
}

describe('windows/store/watch', () => {
  let store: ScriptedStore;
  let clock: ScriptedClock;

  const watch = (options: WatchOptions = {}): StoreWatcher<Handed> =>
    new StoreWatcher(store.watched(), options, clock);

  beforeEach(() => {
    store = new ScriptedStore({ notified: true });
    clock = new ScriptedClock();
  });
  afterEach(() => {
    assert.deepEqual(
      { open: store.open, watches: store.watches, watchers: store.watchers.size, timers: clock.timers },
      { open: 0, watches: 0, watchers: 0, timers: 0 },
      'something is left open',
    );
  });

  it('reports what was added, removed and changed', async () => {
    store.put('old');
    const other = store.put('other');
    const watcher = watch({ debounce: 0 });
    await watcher.started;

    store.put('new');
    const first = await watcher.next();
    assert.equal(first.done, false);
    const { type, reference, certificate } = first.value;
    assert.deepEqual([type, first.value.thumbprint], ['added', thumbprint('new')]);
    assert.equal(reference, `Scripted\\MY\\${thumbprint('new')}`);
    certificate.close();

    other.properties.set(11, Buffer.from('friendly'));
    store.signal();
    assert.equal(await nextOf(watcher), 'changed other');

    store.take('old');
    assert.equal(await nextOf(watcher), 'removed old');
    await watcher.return();
  });

  for (const [what, change] of [
    ['its purposes', (each) => each.properties.set(9, Buffer.of(1))],
    ['that it is archived', (each) => each.properties.set(19, Buffer.alloc(0))],
    [
      'its key',
      (each) => {
        each.keyLocation = { container: 'c', provider: 'p', providerType: 0, flags: 0, keySpec: 0 };
      },
    ],
  ] as [string, (each: ReturnType<ScriptedStore['put']>) => unknown][]) {
    it(`reports a certificate as changed by ${what}`, async () => {
      const each = store.put('one');
      const watcher = watch({ debounce: 0 });
      await watcher.started;
      change(each);
      store.signal();
      assert.equal(await nextOf(watcher), 'changed one');
      await watcher.return();
    });
  }

  it('keeps the friendly name of what was removed', async () => {
    store.put('one').properties.set(11, Buffer.from('friendly'));
    const watcher = watch({ debounce: 0 });
    await watcher.started;
    store.take('one');
    const { value: change } = await watcher.next();
    assert.ok(change);
    assert.equal(change.certificate.friendlyName, 'friendly');
    change.certificate.close();
    await watcher.return();
  });

  it('collects a burst, and reports the result', async () => {
    const watcher = watch({ debounce: 100 });
    await watcher.started;
    const next = watcher.next();
    store.put('one');
    await idle();
    store.put('two');
    store.put('gone again');
    store.take('gone again');
    await clock.advance(99);
    assert.equal(store.lists, 1, 'only the first look');
    await clock.advance(1);
    const { value } = await next;
    assert.equal(value && told(value), 'added one');
    value?.certificate.close();
    assert.equal(await nextOf(watcher), 'added two');
    await watcher.return();
  });

  it('remembers what happens while nobody waits, and waits for nothing then', async () => {
    const watcher = watch({ debounce: 0 });
    await watcher.started;
    assert.equal(store.waiting, 0, 'the process may end');
    store.put('one');
    store.put('two');
    assert.equal(await nextOf(watcher), 'added one');
    assert.equal(await nextOf(watcher), 'added two');
    assert.equal(store.waiting, 0);
    await watcher.return();
  });

  it('ignores a notification without a visible change', async () => {
    const watcher = watch({ debounce: 0 });
    await watcher.started;
    const next = nextOf(watcher);
    store.signal();
    await idle();
    store.put('one');
    assert.equal(await next, 'added one');
    await watcher.return();
  });

  it('counts a duplicate certificate once', async () => {
    store.put('twin');
    store.put('twin');
    const watcher = watch({ debounce: 0 });
    await watcher.started;
    store.take('twin');
    store.put('one');
    assert.equal(await nextOf(watcher), 'added one');
    store.take('twin');
    assert.equal(await nextOf(watcher), 'removed twin');
    await watcher.return();
  });

  it('answers calls of next() one after the other', async () => {
    const watcher = watch({ debounce: 0 });
    const calls = [nextOf(watcher), nextOf(watcher), nextOf(watcher)];
    await watcher.started;
    store.put('one');
    store.put('two');
    await watcher.started;
    assert.deepEqual(await Promise.all(calls.slice(0, 2)), ['added one', 'added two']);
    await watcher.return();
    assert.equal(await calls[2], 'end');
  });

  describe('if Windows does not report changes', () => {
    beforeEach(() => {
      store = new ScriptedStore({ notified: false });
    });

    it('polls, as often as requested', async () => {
      const watcher = watch({ interval: 500, debounce: 0 });
      await watcher.started;
      const next = nextOf(watcher);
      await clock.advance(1400);
      assert.equal(store.lists, 3);
      store.put('one');
      await clock.advance(100);
      assert.equal(await next, 'added one');
      await watcher.return();
    });

    it('does not poll while nobody waits', async () => {
      const watcher = watch({ interval: 500 });
      await watcher.started;
      await clock.advance(5000);
      assert.equal(store.lists, 1);
      assert.equal(clock.timers, 0);
      await watcher.return();
    });
  });

  it('polls if Windows refuses to notify', async () => {
    store = new ScriptedStore({ notified: true, refusesWatch: true });
    const watcher = watch({ interval: 500, debounce: 0 });
    await watcher.started;
    const next = nextOf(watcher);
    store.put('one');
    await clock.advance(500);
    assert.equal(await next, 'added one');
    await watcher.return();
  });

  describe('its end', () => {
    for (const notified of [true, false]) {
      const how = notified ? 'a notification' : 'the next look';

      it(`comes by return() while it waits for ${how}`, async () => {
        store = new ScriptedStore({ notified });
        const watcher = watch();
        await watcher.started;
        const next = nextOf(watcher);
        await idle();
        assert.deepEqual(await watcher.return(), { done: true, value: undefined });
        assert.equal(await next, 'end');
        assert.equal(await nextOf(watcher), 'end');
      });

      it(`comes by a signal while it waits for ${how}`, async () => {
        store = new ScriptedStore({ notified });
        const abort = new AbortController();
        const watcher = watch({ signal: abort.signal });
        await watcher.started;
        const next = watcher.next();
        await idle();
        abort.abort(new Error('enough'));
        await assert.rejects(next, { name: 'AbortError', code: 'ABORT_ERR', cause: new Error('enough') });
        assert.equal(await nextOf(watcher), 'end', 'a failure is told once');
      });
    }

    it('comes by a signal that was aborted before', async () => {
      const watcher = watch({ signal: AbortSignal.abort() });
      await assert.rejects(watcher.next(), { name: 'AbortError' });
      await watcher.started;
    });

    it('comes with the store', async () => {
      const watcher = watch();
      await watcher.started;
      const next = nextOf(watcher);
      for (const each of store.watchers) each.end();
      assert.equal(await next, 'end');
    });

    it('comes before it has begun', async () => {
      const watcher = watch();
      await watcher.return();
      await watcher.started;
      assert.equal(await nextOf(watcher), 'end');
    });

    it('comes by leaving a loop, and closes what was not delivered', async () => {
      const watcher = watch({ debounce: 0 });
      await watcher.started;
      store.put('one');
      store.put('two');
      for await (const { certificate } of watcher) {
        certificate.close();
        break;
      }
      assert.equal(await nextOf(watcher), 'end');
    });

    it('comes while changes are gathered', async () => {
      const watcher = watch({ debounce: 1000 });
      await watcher.started;
      const next = nextOf(watcher);
      store.put('one');
      await clock.advance(10);
      assert.equal(clock.timers, 1);
      await watcher.return();
      assert.equal(await next, 'end');
    });

    it('comes by a failure, which next() throws', async () => {
      const watcher = watch({ debounce: 0 });
      await watcher.started;
      store.failure = new Error('denied');
      store.signal();
      await assert.rejects(watcher.next(), { message: 'denied' });
      assert.equal(await nextOf(watcher), 'end');
    });

    it('comes by a failure at the beginning', async () => {
      store.failure = new Error('denied');
      const watcher = watch();
      await assert.rejects(watcher.started, { message: 'denied' });
      await assert.rejects(watcher.next(), { message: 'denied' });
    });
  });

  for (const [options, code] of [
    [{ interval: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ interval: 2 ** 31 }, 'ERR_OUT_OF_RANGE'],
    [{ debounce: -1 }, 'ERR_OUT_OF_RANGE'],
    [{ debounce: Number.NaN }, 'ERR_OUT_OF_RANGE'],
    [{ interval: '1s' }, 'ERR_INVALID_ARG_TYPE'],
  ] as [WatchOptions, string][]) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => watch(options), { code });
    });
  }
});
