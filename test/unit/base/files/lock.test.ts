import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LOCK_SYSTEM, type LockOwner, type LockSystem, withLock } from '#lib/base/files/lock.js';

/** A clock that goes on only when somebody waits. */
function system(changes: Partial<LockSystem> = {}): LockSystem & { readonly waits: () => number } {
  let now = 1_900_000_000_000;
  let waits = 0;
  return {
    ...LOCK_SYSTEM,
    host: 'here',
    space: 'pid:[1]',
    pid: 10,
    isRunning: () => false,
    clock: {
      now: () => now,
      after: (milliseconds, callback) => {
        waits += 1;
        now += milliseconds;
        setImmediate(callback);
        return () => undefined;
      },
    },
    waits: () => waits,
    ...changes,
  };
}

describe('base/files/lock', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-lock-'));
    file = path.join(folder, 'lock');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const locked = (who: string, lock: string): Error => new Error(`in use by ${who}: ${path.basename(lock)}`);

  const heldBy = (owner: Partial<LockOwner>): void =>
    writeFileSync(
      file,
      JSON.stringify({ pid: 20, host: 'here', space: 'pid:[1]', since: 1_850_000_000_000, ...owner }),
    );

  it('is there during the task, and gone afterwards, even if it fails', async () => {
    assert.equal(
      await withLock(folder, () => Promise.resolve(existsSync(file)), { locked, system: system() }),
      true,
    );
    await assert.rejects(
      withLock(folder, () => Promise.reject(new Error('task')), { locked, system: system() }),
      /task/,
    );
    assert.deepEqual(readdirSync(folder), []);
  });

  it('lets one in after the other', async () => {
    let inside = 0;
    const task = async (): Promise<void> => {
      inside += 1;
      assert.equal(inside, 1);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    const running = { isRunning: () => true };
    await Promise.all(
      Array.from({ length: 5 }, () => withLock(folder, task, { locked, system: system(running) })),
    );
    assert.equal(inside, 0);
  });

  it('takes the lock over of a process that has ended, without waiting', async () => {
    heldBy({});
    const machine = system();
    assert.equal(await withLock(folder, () => Promise.resolve('done'), { locked, system: machine }), 'done');
    assert.equal(machine.waits(), 0);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('is removed in the end, even if Windows refuses for a moment', async () => {
    let refusals = 0;
    const unlink: LockSystem['unlink'] = async (name) => {
      refusals += 1;
      if (refusals <= 3) throw Object.assign(new Error('scanned'), { code: 'EBUSY' });
      await LOCK_SYSTEM.unlink(name);
    };
    const machine = system({ unlink });
    assert.equal(await withLock(folder, () => Promise.resolve('done'), { locked, system: machine }), 'done');
    assert.deepEqual([refusals, machine.waits(), readdirSync(folder)], [4, 3, []]);
  });

  it('is left where it is if Windows goes on refusing', async () => {
    const machine = system({
      unlink: () => Promise.reject(Object.assign(new Error('scanned'), { code: 'EBUSY' })),
    });
    await assert.rejects(
      withLock(folder, () => Promise.resolve('done'), { locked, system: machine }),
      /scanned/,
    );
    assert.equal(machine.waits(), 10);
  });

  it('takes over what a process has left that was killed before it wrote its name', async () => {
    writeFileSync(file, '');
    const machine = system();
    const seconds = machine.clock.now() / 1000;
    utimesSync(file, seconds, seconds);
    assert.equal(await withLock(folder, () => Promise.resolve('done'), { locked, system: machine }), 'done');
    assert.ok(machine.waits() > 0);
  });

  for (const [what, owner, changes, message] of [
    ['of a process that runs', {}, { isRunning: () => true }, /in use by process 20 on here/],
    // The clock may have been wrong when it took the lock, and may have been corrected since.
    [
      'of a process that runs, however old it seems',
      { since: 0 },
      { isRunning: () => true },
      /in use by process 20 on here/,
    ],
    ['of another container', { space: 'pid:[2]' }, {}, /in use by process 20 on here/],
    ['of another machine', { host: 'there\n' }, {}, /in use by process 20 on there \//],
  ] as const) {
    it(`gives up on the lock ${what}, and says who has it`, async () => {
      heldBy(owner);
      await assert.rejects(
        withLock(folder, () => Promise.resolve(), { locked, system: system(changes) }),
        (error: Error) => {
          assert.match(error.message, message);
          assert.match(error.message, /: lock$/);
          return true;
        },
      );
      assert.deepEqual(readdirSync(folder), ['lock']);
    });
  }

  it('does not take over while another process may be doing so', async () => {
    heldBy({});
    const other = { pid: 30, host: 'here', space: 'pid:[1]', since: 1_850_000_000_000 };
    writeFileSync(`${file}.takeover`, JSON.stringify(other));
    await assert.rejects(
      withLock(folder, () => Promise.resolve(), { locked, system: system() }),
      /process 30/,
    );
    const running = system({ isRunning: (pid) => pid === 30 });
    const clock: LockSystem['clock'] = {
      ...running.clock,
      after: (milliseconds, callback) => {
        rmSync(`${file}.takeover`, { force: true });
        return running.clock.after(milliseconds, callback);
      },
    };
    const ends = withLock(folder, () => Promise.resolve('done'), { locked, system: { ...running, clock } });
    assert.equal(await ends, 'done');
  });

  it('knows that this process runs, and that one with an impossible number does not', () => {
    assert.equal(LOCK_SYSTEM.isRunning(process.pid), true);
    assert.equal(LOCK_SYSTEM.isRunning(0x7ffffffe), false);
  });
});
