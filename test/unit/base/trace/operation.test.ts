import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import { setImmediate as turn } from 'node:timers/promises';
import { Operation } from '#lib/base/trace/operation.js';
import { following } from '../../../support/followed.js';

interface Message {
  readonly what: string;
  result?: number;
  error?: unknown;
}

const COMPLETE = ['start', 'end', 'asyncStart', 'asyncEnd'];
const FAILED = ['start', 'end', 'error', 'asyncStart', 'asyncEnd'];

describe('base/trace/operation', () => {
  const operation = new Operation<Message>('unit-test');
  const message = (): Message => ({ what: 'work' });

  it('makes no message while nobody listens', async () => {
    const unwanted = (): never => assert.fail('made for nobody');
    assert.equal(await operation.run(unwanted, () => Promise.resolve(3), unwanted), 3);
    let isDone = false;
    assert.equal(
      operation.begin(unwanted, () => (isDone = true)),
      null,
    );
    assert.ok(isDone);
  });

  it('reports work that is done, with what is known at its beginning and its end', async () => {
    const { heard, events } = await following('unit-test', () =>
      operation.run(
        message,
        () => Promise.resolve(3),
        (value) => ({ result: value + 1 }),
      ),
    );
    assert.deepEqual(events, COMPLETE);
    assert.deepEqual(heard[0]?.message, { what: 'work' });
    assert.deepEqual(heard.at(-1)?.message, { what: 'work', result: 4 });
  });

  it('reports work that fails, and the caller hears it too', async () => {
    const error = new Error('no');
    const { heard, events } = await following('unit-test', () =>
      assert.rejects(
        operation.run(
          message,
          () => Promise.reject(error),
          () => assert.fail(),
        ),
        error,
      ),
    );
    assert.deepEqual(events, FAILED);
    assert.deepEqual(heard.at(-1)?.message, { what: 'work', error });
  });

  it('gives out no result', async () => {
    const { heard } = await following('unit-test', () =>
      operation.run(
        message,
        () => Promise.resolve({ secret: 1 }),
        () => ({}),
      ),
    );
    assert.deepEqual(heard.at(-1)?.message, { what: 'work' });
  });

  it('tells one end of what was begun: the first', async () => {
    const { heard, events } = await following('unit-test', async () => {
      const progress = operation.begin(message, () => undefined);
      await turn();
      progress?.succeed({ result: 1 });
      progress?.fail(new Error('too late'));
      progress?.succeed({ result: 2 });
    });
    assert.deepEqual(events, COMPLETE);
    assert.deepEqual(heard.at(-1)?.message, { what: 'work', result: 1 });
  });

  it('tells the failure of what was begun', async () => {
    const error = new Error('no');
    const { events, last } = await following('unit-test', () => {
      operation.begin(message, () => undefined)?.fail(error);
      return Promise.resolve();
    });
    assert.deepEqual(events, FAILED);
    assert.deepEqual(last, { what: 'work', error });
  });

  it('has work run within the store that a subscriber binds, as spans need it', async () => {
    const storage = new AsyncLocalStorage<object>();
    const { start } = tracingChannel<object, object>('schannel.unit-test');
    start.bindStore(storage);
    try {
      const seen: unknown[] = [];
      const work = async (): Promise<void> => {
        await turn();
        seen.push(storage.getStore());
      };
      await operation.run(message, work, () => ({}));
      operation.begin(message, () => void seen.push(storage.getStore()));
      assert.deepEqual(seen, [{ what: 'work' }, { what: 'work' }]);
    } finally {
      start.unbindStore(storage);
    }
  });

  it('calls followers within the package', async () => {
    const own = new Operation<Message>('unit-test-followers');
    const told: string[] = [];
    own.follow({
      start: ({ what }) => void told.push(what),
      end: ({ result }) => void told.push(String(result)),
    });
    await own.run(
      message,
      () => Promise.resolve(1),
      (result) => ({ result }),
    );
    assert.deepEqual(told, ['work', '1']);
  });
});
