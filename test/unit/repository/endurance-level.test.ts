import assert from 'node:assert/strict';
import { growth, growthInRounds, MIB, type Level, type Round } from '../../endurance/level.js';

const levelOf = (outside: number, heapUsed = 10, external = 3): Level => ({
  ...{ handles: 0, sockets: 0, outside: outside * MIB, heapUsed: heapUsed * MIB, external: external * MIB },
});
const roundsOf = (...rounds: readonly (readonly [open: number, after: number])[]): Round[] =>
  rounds.map(([open, after]) => ({ open: levelOf(open), after: levelOf(after) }));

describe('levels of the endurance test', () => {
  it('have grown if each step is more than allocators need', () => {
    assert.deepEqual(growth(levelOf(100), levelOf(117), levelOf(134)), [
      'outside grew: 100.0, 117.0, 134.0 MiB',
    ]);
    assert.deepEqual(growth(levelOf(100), levelOf(200), levelOf(216)), []);
    assert.deepEqual(growth(levelOf(100, 10), levelOf(100, 15)), ['heapUsed grew: 10.0, 15.0 MiB']);
    assert.deepEqual(growth(levelOf(100)), []);
  });

  it('have not grown between rounds if the allocator keeps what one round gave back', () => {
    assert.deepEqual(growthInRounds(roundsOf([900, 130], [905, 575], [910, 607])), []);
  });

  it('have grown if each round needs more, and leaves more', () => {
    assert.deepEqual(growthInRounds(roundsOf([900, 130], [930, 160], [960, 190])), [
      'outside grew: 130.0, 160.0, 190.0 MiB',
    ]);
  });

  it('have grown in the heap by what is left behind alone', () => {
    const rounds = [10, 15, 20].map((heap) => ({ open: levelOf(900, 50), after: levelOf(130, heap) }));
    assert.deepEqual(growthInRounds(rounds), ['heapUsed grew: 10.0, 15.0, 20.0 MiB']);
  });
});
