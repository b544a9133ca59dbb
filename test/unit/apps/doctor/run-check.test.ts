import assert from 'node:assert/strict';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { type CheckContext, works } from '#lib/apps/doctor/check.js';
import { Cleanup } from '#lib/apps/doctor/cleanup.js';
import { runCheck } from '#lib/apps/doctor/run-check.js';
import { check, forever, machine } from '../../../support/doctor-checks.js';

const context = (signal = new AbortController().signal): CheckContext => ({
  ...machine,
  version: '1',
  cleanup: new Cleanup(),
  signal,
});

describe('apps/doctor/run-check', () => {
  const refusal = (code: string): Error => new SchannelError(code, 'no', { status: 0x80090029 });

  for (const [what, error, vital, verdict] of [
    ['what Windows does not have', refusal('ERR_SCHANNEL_KEY_UNSUPPORTED'), false, 'absent'],
    ['what this account may not', refusal('ERR_SCHANNEL_STORE_ACCESS_DENIED'), false, 'absent'],
    ['any other failure', new Error('odd'), false, 'found'],
    ['what the library needs', refusal('ERR_SCHANNEL_KEY_UNSUPPORTED'), true, 'broken'],
    ['any failure of what it needs', new TypeError('odd'), true, 'broken'],
  ] as const) {
    it(`calls ${what} ${verdict}`, async () => {
      const report = await runCheck(
        check(() => Promise.reject(error), { vital }),
        context(),
        { write: false },
      );
      assert.equal(report.verdict, verdict);
      assert.equal(report.text, error.message);
    });
  }

  it('reports status and syscall of a failure, and nothing else', async () => {
    const error = new SchannelError('ERR_SCHANNEL_KEY_EXISTS', 'no', {
      status: 0x8009000f,
      syscall: 'NCryptCreatePersistedKey',
      cause: new Error('a secret'),
    });
    const { data } = await runCheck(
      check(() => Promise.reject(error)),
      context(),
      { write: false },
    );
    assert.deepEqual(data, {
      error: 'ERR_SCHANNEL_KEY_EXISTS',
      status: 0x8009000f,
      statusName: 'NTE_EXISTS',
      syscall: 'NCryptCreatePersistedKey',
    });
  });

  it('creates nothing unless allowed', async () => {
    const ran: string[] = [];
    const writing = check(
      () => {
        ran.push('x');
        return Promise.resolve(works('Yes.'));
      },
      { writes: true },
    );
    assert.equal((await runCheck(writing, context(), { write: false })).verdict, 'not tried');
    assert.deepEqual(ran, []);
    assert.equal((await runCheck(writing, context(), { write: true })).verdict, 'works');
  });

  it('gives up what takes too long, and notifies the check', async () => {
    let signal: AbortSignal | undefined;
    const slow = check((given) => {
      signal = given.signal;
      return forever();
    });
    const report = await runCheck(slow, context(), { write: false, limit: 1, grace: 1 });
    assert.equal(report.text, 'It did not end within 0.001 s');
    assert.equal(signal?.aborted, true);
  });

  it('lets a check that is given up end', async () => {
    const abort = new AbortController();
    let isOver = false;
    const slow = check(async ({ signal }) => {
      abort.abort();
      await new Promise((resolve) => setImmediate(resolve));
      isOver = signal.aborted;
      return works('Yes.');
    });
    await runCheck(slow, context(abort.signal), { write: false });
    assert.ok(isOver);
  });

  it('is given up from outside', async () => {
    const abort = new AbortController();
    const running = runCheck(check(forever), context(abort.signal), { write: false, grace: 1 });
    abort.abort();
    assert.equal((await running).text, 'It was given up while it ran.');
    const next = await runCheck(check(forever), context(abort.signal), { write: false });
    assert.equal(next.text, 'It was given up before.');
  });
});
