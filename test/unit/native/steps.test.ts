import assert from 'node:assert/strict';
import { endStep, outcomeStep, run, runNow, type Step, type Steps } from '#lib/native/steps.js';

const UNDERTAKING = { phase: 'store', text: 'It could not be done' } as const;
const REFUSAL = { value: null, status: 5, syscall: 'CertOpenStore' } as const;

describe('steps', () => {
  const sums = (later: (work: () => void) => void) =>
    function* (): Steps<number> {
      let sum = 0;
      for (const value of [1, 2, 3]) {
        sum += yield* outcomeStep<number>(UNDERTAKING, (callback) => later(() => callback({ value })));
      }
      yield* endStep(UNDERTAKING, (callback) => later(() => callback({ status: 0, syscall: '' })));
      return sum;
    };

  it('wait for each other on the event loop', async () => {
    assert.equal(await run(sums(setImmediate)()), 6);
  });

  it('run at once where calls answer at once', () => {
    assert.equal(runNow(sums((work) => work())()), 6);
  });

  const cleaning = (events: string[], step: Step) =>
    function* (): Steps<void> {
      try {
        yield step;
        events.push('went on');
      } finally {
        yield (done) => {
          events.push('cleaned');
          done();
        };
      }
    };

  it('clean up when a call throws', async () => {
    const step = (): never => {
      throw new RangeError('closed');
    };
    const events: string[] = [];
    await assert.rejects(run(cleaning(events, step)()), RangeError);
    assert.throws(() => runNow(cleaning(events, step)()), RangeError);
    assert.deepEqual(events, ['cleaned', 'cleaned']);
  });

  it('clean up when the time is over', () => {
    const events: string[] = [];
    assert.throws(() => runNow(cleaning(events, () => undefined)()), /too long/);
    assert.deepEqual(events, ['cleaned']);
  });

  it('fail as what they undertake', async () => {
    const expected = { code: 'ERR_SCHANNEL_STORE_ACCESS_DENIED', status: 5, syscall: 'CertOpenStore' };
    await assert.rejects(run(outcomeStep(UNDERTAKING, (callback) => callback(REFUSAL))), expected);
    await assert.rejects(run(endStep(UNDERTAKING, (callback) => callback(REFUSAL))), expected);
  });
});
