import assert from 'node:assert/strict';
import { comparePlatforms } from '../../scripts/suites/platforms.mjs';

describe('scripts/suites/platforms', () => {
  const run = (platform, ...ran) => ({ platform, ran: new Set(ran) });

  it('counts the live tests of both platforms and of one', () => {
    const runs = [run('Wine', 'a', 'b'), run('Wine', 'c'), run('the double', 'b', 'd'), run(undefined, 'e')];
    assert.equal(
      comparePlatforms(runs),
      'live tests: 1 on Wine and on the double, 2 only on Wine, 1 only on the double',
    );
  });

  it('says nothing unless both ran', () => {
    assert.equal(comparePlatforms([run('Wine', 'a'), run(undefined, 'a')]), null);
  });
});
