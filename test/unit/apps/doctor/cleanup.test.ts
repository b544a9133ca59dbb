import assert from 'node:assert/strict';
import { Cleanup } from '#lib/apps/doctor/cleanup.js';

describe('apps/doctor/cleanup', () => {
  it('undoes what is left in the reverse order, once', async () => {
    const cleanup = new Cleanup();
    const undone: string[] = [];
    const note = (what: string) => (): void => void undone.push(what);
    cleanup.add('a', note('a'));
    const b = cleanup.add('b', note('b'));
    cleanup.add('c', note('c'));
    await b.now();
    await b.now();
    assert.deepEqual(await cleanup.run(), []);
    assert.deepEqual(await cleanup.run(), []);
    assert.deepEqual(undone, ['b', 'c', 'a']);
  });

  it('waits for what is being undone, and accepts nothing more', async () => {
    const cleanup = new Cleanup();
    let finish: () => void = () => undefined;
    const slow = cleanup.add('a', () => new Promise((resolve) => (finish = resolve)));
    const undoing = slow.now();
    let isOver = false;
    const all = cleanup.run().then(() => (isOver = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isOver, false);
    assert.throws(() => cleanup.add('b', () => undefined), { message: 'The check was given up' });
    finish();
    await Promise.all([undoing, all]);
  });

  it('continues after a failure, and reports it', async () => {
    const cleanup = new Cleanup();
    let last = false;
    cleanup.add('a', () => {
      last = true;
    });
    cleanup.add('a key', () => Promise.reject(new Error('locked')));
    assert.deepEqual(await cleanup.run(), ['a key: locked']);
    assert.ok(last);
  });
});
