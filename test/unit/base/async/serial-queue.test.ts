import assert from 'node:assert/strict';
import { SerialQueue } from '#lib/base/async/serial-queue.js';

describe('base/async/serial-queue', () => {
  it('runs one task after another, also behind one that failed', async () => {
    const queue = new SerialQueue();
    const events: string[] = [];
    const task = (name: string, fails: boolean) => async (): Promise<string> => {
      events.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
    const first = queue.run(task('first', true));
    const second = queue.run(task('second', false));
    await assert.rejects(first, /first/);
    assert.equal(await second, 'second');
    assert.deepEqual(events, ['first begins', 'first ends', 'second begins', 'second ends']);
  });
});
