import assert from 'node:assert/strict';
import { deferred } from '#lib/base/async/deferred.js';

describe('base/async/deferred', () => {
  it('is settled from outside, once', async () => {
    const kept = deferred<number>();
    kept.resolve(1);
    kept.resolve(2);
    kept.reject(new Error('too late'));
    assert.equal(await kept.promise, 1);
    const broken = deferred();
    broken.reject(new Error('no'));
    await assert.rejects(broken.promise, /no/);
  });
});
