import assert from 'node:assert/strict';
import { Tries } from '#lib/apps/acme/challenge-server/tries.js';
import { ScriptedClock } from '../../../../support/scripted-clock.js';

describe('apps/acme/challenge-server/tries', () => {
  it('allows so many within a span, and as many in the next one', async () => {
    const clock = new ScriptedClock(1000);
    const tries = new Tries(2, 600, clock);
    tries.begin('a');
    assert.equal(tries.wait('a'), 0);
    await clock.advance(100);
    tries.begin('a');
    assert.deepEqual([tries.wait('a'), tries.wait('b')], [500, 0]);
    await clock.advance(500);
    assert.equal(tries.wait('a'), 0);
    tries.begin('a');
    assert.equal(tries.wait('a'), 0);
  });

  it('does not count one that is taken back', () => {
    const tries = new Tries(1, 600, new ScriptedClock());
    tries.begin('a');
    tries.takeBack('a');
    assert.equal(tries.wait('a'), 0);
    tries.takeBack('unknown');
  });

  it('forgets the oldest of very many', () => {
    const tries = new Tries(1, 600, new ScriptedClock());
    for (let index = 0; index <= 10_000; index += 1) tries.begin(String(index));
    assert.deepEqual([tries.wait('0'), tries.wait('1')], [0, 600]);
  });
});
