import assert from 'node:assert/strict';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import type { Native } from '#lib/native/binding.js';
import { type Check, type CheckContext, type Finding, found, works } from '#lib/apps/doctor/check.js';
import { Cleanup } from '#lib/apps/doctor/cleanup.js';
import { diagnoseWith } from '#lib/apps/doctor/diagnose.js';
import { runCheck } from '#lib/apps/doctor/run-check.js';

/** A check that does as it is told. */
const check = (
  run: (context: CheckContext) => Promise<Finding>,
  options: Partial<Pick<Check, 'writes' | 'vital' | 'id'>> = {},
): Check => ({ id: 'a', title: 'A?', writes: false, vital: false, run, ...options });

/** No check of this file asks the machine. */
const machine = { native: {} as Native, run: () => Promise.reject(new Error('no programs here')) };

const context = (signal = new AbortController().signal): CheckContext => ({
  ...machine,
  version: '1',
  cleanup: new Cleanup(),
  signal,
});

const forever = (): Promise<Finding> => new Promise(() => undefined);

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

  it('tells status and syscall of a failure, and no more', async () => {
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

  it('makes nothing unless it is told to', async () => {
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

  it('gives up what takes too long, and tells the check', async () => {
    let signal: AbortSignal | undefined;
    const slow = check((given) => {
      signal = given.signal;
      return forever();
    });
    const report = await runCheck(slow, context(), { write: false, limit: 1, grace: 1 });
    assert.equal(report.text, 'It did not end within 0.001 s');
    assert.equal(signal?.aborted, true);
  });

  it('lets a check that is given up come to its end', async () => {
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

describe('apps/doctor/cleanup', () => {
  it('undoes what is left in the reverse order, once', async () => {
    const cleanup = new Cleanup();
    const undone: string[] = [];
    const note = (what: string) => (): void => void undone.push(what);
    cleanup.add('a', note('a'));
    const b = cleanup.add('b', note('b'));
    cleanup.add('c', note('c'));
    await b.now();
    await b.now();
    assert.deepEqual(await cleanup.run(), []);
    assert.deepEqual(await cleanup.run(), []);
    assert.deepEqual(undone, ['b', 'c', 'a']);
  });

  it('waits for what is being undone, and takes nothing more', async () => {
    const cleanup = new Cleanup();
    let finish: () => void = () => undefined;
    const slow = cleanup.add('a', () => new Promise((resolve) => (finish = resolve)));
    const undoing = slow.now();
    let isOver = false;
    const all = cleanup.run().then(() => (isOver = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isOver, false);
    assert.throws(() => cleanup.add('b', () => undefined), { message: 'The check was given up' });
    finish();
    await Promise.all([undoing, all]);
  });

  it('goes on after a failure, and tells of it', async () => {
    const cleanup = new Cleanup();
    let last = false;
    cleanup.add('a', () => {
      last = true;
    });
    cleanup.add('a key', () => Promise.reject(new Error('locked')));
    assert.deepEqual(await cleanup.run(), ['a key: locked']);
    assert.ok(last);
  });
});

describe('apps/doctor/diagnose', () => {
  const options = { version: '1.2.3' };

  it('asks one thing after the other, and cleans up behind each', async () => {
    const order: string[] = [];
    const one = (id: string): Check =>
      check(
        (given) => {
          order.push(id);
          given.cleanup.add(id, () => void order.push(`not ${id}`));
          return Promise.resolve(found('Yes.', { id }));
        },
        { id },
      );
    const heard: string[] = [];
    const report = await diagnoseWith(machine, [one('a'), one('b')], {
      ...options,
      onCheck: ({ id }) => heard.push(id),
    });
    assert.deepEqual(order, ['a', 'not a', 'b', 'not b']);
    assert.deepEqual(heard, ['a', 'b']);
    assert.deepEqual([report.ok, report.write, report.version], [true, false, '1.2.3']);
    assert.deepEqual(report.checks[0]?.data, { id: 'a' });
  });

  it('is not well when something is broken', async () => {
    const broken = check(() => Promise.reject(new Error('odd')), { vital: true });
    assert.equal((await diagnoseWith(machine, [broken], options)).ok, false);
    const odd = check(() => Promise.reject(new Error('odd')));
    assert.equal((await diagnoseWith(machine, [odd], options)).ok, true);
  });

  it('is not well when something is left', async () => {
    const leaving = check(({ cleanup }) => {
      cleanup.add('a key', () => Promise.reject(new Error('locked')));
      return Promise.resolve(works('Yes.'));
    });
    const report = await diagnoseWith(machine, [leaving], options);
    assert.deepEqual([report.ok, report.left], [false, ['a key: locked']]);
  });

  it('cleans up what it was given up in', async () => {
    const abort = new AbortController();
    let undone = false;
    const slow = check(({ cleanup }) => {
      cleanup.add('a key', () => {
        undone = true;
      });
      abort.abort();
      return forever();
    });
    const report = await diagnoseWith(
      machine,
      [slow, check(forever)],
      { ...options, signal: abort.signal },
      { grace: 1 },
    );
    assert.ok(undone);
    assert.deepEqual(
      [report.givenUp, report.checks.map(({ verdict }) => verdict)],
      [true, ['not tried', 'not tried']],
    );
  });
});
