import assert from 'node:assert/strict';
import { native } from '#lib/native/load.js';
import { releaseUnusedResources } from 'schannel';
import { end, handlesBackTo, openStore, USER_MY } from '../../support/native-store.js';

describe('the end of a native store', () => {
  // Anchors that other tests verified by are kept for a while, in stores.
  before(() => releaseUnusedResources());

  it('has come when close() calls back', async () => {
    await handlesBackTo({ ...native().handleCounts(), stores: 0 });
    for (let turn = 0; turn < 50; turn += 1) {
      const store = await openStore(USER_MY);
      assert.equal(native().handleCounts().stores, 1);
      await end((callback) => {
        store.close(callback);
      });
      assert.equal(native().handleCounts().stores, 0);
    }
  });

  it('comes once, and the second close() calls back too', async () => {
    const store = await openStore(USER_MY);
    for (const _turn of [1, 2]) {
      await end((callback) => {
        store.close(callback);
      });
    }
    assert.equal(native().handleCounts().stores, 0);
  });
});
