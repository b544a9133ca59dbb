import assert from 'node:assert/strict';
import { mapBounded } from '#lib/base/async/map-bounded.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('base/async/map-bounded', () => {
  it('does no more at a time than told, and keeps the order', async () => {
    let running = 0;
    let most = 0;
    const results = await mapBounded([5, 1, 4, 2, 3], 2, async (item) => {
      most = Math.max(most, ++running);
      for (let count = 0; count < item; count++) await turn();
      running -= 1;
      return item * 10;
    });
    assert.deepEqual(results, [50, 10, 40, 20, 30]);
    assert.equal(most, 2);
  });

  it('begins nothing after a failure, and waits for what is under way', async () => {
    const begun: number[] = [];
    let ended = false;
    const mapping = mapBounded([1, 2, 3, 4], 2, async (item) => {
      begun.push(item);
      if (item === 2) throw new Error('two');
      for (let count = 0; count < 5; count++) await turn();
      ended = true;
    });
    await assert.rejects(mapping, /two/);
    assert.equal(ended, true);
    assert.deepEqual(begun, [1, 2]);
  });

  it('does nothing for nothing', async () => {
    assert.deepEqual(await mapBounded([], 3, () => Promise.reject(new Error())), []);
  });
});
