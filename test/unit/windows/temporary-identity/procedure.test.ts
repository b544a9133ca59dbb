import assert from 'node:assert/strict';
import {
  nativeCallVoid,
  nativeCall,
  runProcedure,
  runProcedureSync,
  type PendingCall,
  type Procedure,
} from '#lib/windows/temporary-identity/procedure.js';

const OPERATION = { phase: 'store', text: 'It could not be done' } as const;
const REFUSAL = { value: null, status: 5, syscall: 'CertOpenStore' } as const;

describe('windows/temporary-identity/procedure', () => {
  const sums = (later: (work: () => void) => void) =>
    function* (): Procedure<number> {
      let sum = 0;
      for (const value of [1, 2, 3]) {
        sum += yield* nativeCall<number>(OPERATION, (callback) => later(() => callback({ value })));
      }
      yield* nativeCallVoid(OPERATION, (callback) => later(() => callback({ status: 0, syscall: '' })));
      return sum;
    };

  it('waits for each call on the event loop', async () => {
    assert.equal(await runProcedure(sums(setImmediate)()), 6);
  });

  it('runs synchronously if calls answer before they return', () => {
    assert.equal(runProcedureSync(sums((work) => work())()), 6);
  });

  const cleaning = (events: string[], call: PendingCall) =>
    function* (): Procedure<void> {
      try {
        yield call;
        events.push('went on');
      } finally {
        yield (done) => {
          events.push('cleaned');
          done();
        };
      }
    };

  it('cleans up when a call throws', async () => {
    const call = (): never => {
      throw new RangeError('closed');
    };
    const events: string[] = [];
    await assert.rejects(runProcedure(cleaning(events, call)()), RangeError);
    assert.throws(() => runProcedureSync(cleaning(events, call)()), RangeError);
    assert.deepEqual(events, ['cleaned', 'cleaned']);
  });

  it('cleans up when a call takes too long', () => {
    const events: string[] = [];
    assert.throws(() => runProcedureSync(cleaning(events, () => undefined)()), /too long/);
    assert.deepEqual(events, ['cleaned']);
  });

  it('fails with the error of its operation', async () => {
    const expected = { code: 'ERR_SCHANNEL_STORE_ACCESS_DENIED', status: 5, syscall: 'CertOpenStore' };
    await assert.rejects(runProcedure(nativeCall(OPERATION, (callback) => callback(REFUSAL))), expected);
    await assert.rejects(runProcedure(nativeCallVoid(OPERATION, (callback) => callback(REFUSAL))), expected);
  });
});
