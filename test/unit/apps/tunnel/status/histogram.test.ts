import assert from 'node:assert/strict';
import { added, BUCKETS, EMPTY, observed } from '#lib/apps/tunnel/status/histogram.js';

describe('apps/tunnel/status/histogram', () => {
  it('counts a duration in the first bucket whose bound it does not exceed', () => {
    const { counts, sum } = observed(observed(observed(EMPTY, 0.005), 0.0051), 1e6);
    assert.equal(counts.length, BUCKETS.length + 1);
    assert.deepEqual([counts[0], counts[1], counts.at(-1)], [1, 1, 1]);
    assert.equal(sum, 1e6 + 0.0101);
  });

  it('adds two up', () => {
    const { counts, sum } = added(observed(EMPTY, 0.25), observed(observed(EMPTY, 0.25), 3));
    assert.equal(
      counts.reduce((all, each) => all + each, 0),
      3,
    );
    assert.equal(counts[BUCKETS.indexOf(0.25)], 2);
    assert.equal(sum, 3.5);
  });
});
