import assert from 'node:assert/strict';
import { Turns } from '#lib/windows/import-export/turns.js';

describe('windows/import-export/turns', () => {
  it('runs one task after another, also behind one that failed', async () => {
    const turns = new Turns();
    const events: string[] = [];
    const task = (name: string, fails: boolean) => async (): Promise<string> => {
      events.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
    const first = turns.take(task('first', true));
    const second = turns.take(task('second', false));
    await assert.rejects(first, /first/);
    assert.equal(await second, 'second');
    assert.deepEqual(events, ['first begins', 'first ends', 'second begins', 'second ends']);
  });
});
