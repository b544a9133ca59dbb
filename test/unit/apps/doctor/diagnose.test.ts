import assert from 'node:assert/strict';
import { type Check, found, works } from '#lib/apps/doctor/check.js';
import { diagnoseWith } from '#lib/apps/doctor/diagnose.js';
import { check, forever, machine } from '../../../support/doctor-checks.js';

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
