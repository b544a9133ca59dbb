import assert from 'node:assert/strict';
import { failingAfter, failingTooLong } from '#lib/apps/acme/manager/failing-names.js';

const DAY_MS = 86_400_000;

describe('apps/acme/manager/failing-names', () => {
  it('counts from the first failure in a row', () => {
    const first = failingAfter({}, ['a', 'b'], 1);
    assert.deepEqual(first, { a: 1, b: 1 });
    assert.deepEqual(failingAfter(first, ['b', 'c'], 5), { b: 1, c: 5 });
  });

  it('learns nothing from an attempt that did not get as far', () => {
    assert.deepEqual(failingAfter({ a: 1 }, [], 5), { a: 1 });
  });

  it('leaves a name out after three days, and never all of them', () => {
    const failing = { a: 0, b: 1 };
    assert.deepEqual(failingTooLong(['a', 'b', 'c'], failing, 3 * DAY_MS), ['a']);
    assert.deepEqual(failingTooLong(['a', 'b', 'c'], failing, 4 * DAY_MS), ['a', 'b']);
    assert.deepEqual(failingTooLong(['a', 'b'], failing, 4 * DAY_MS), []);
  });
});
