import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { machineLock, type OpenExclusively } from '#lib/apps/acme/manager/machine-lock.js';
import { HastyClock } from '../../../../support/scripted-clock.js';

const never = (): Promise<never> => assert.fail('the lock was not free');
/** Windows' answer while somebody has the file open without sharing it. */
const inUse = (): Error => Object.assign(new Error('in use'), { code: 'EBUSY' });

describe('apps/acme/manager/machine-lock', () => {
  let folder: string;
  let clock: HastyClock;
  let isOpen: boolean;
  const openFile: OpenExclusively = () => {
    if (isOpen) return Promise.reject(inUse());
    isOpen = true;
    return Promise.resolve({
      close: () => {
        isOpen = false;
        return Promise.resolve();
      },
    });
  };
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'schannel-lock-'));
    clock = new HastyClock();
    isOpen = false;
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('lets one task after another run', async () => {
    const lock = machineLock(folder, clock, openFile);
    let running = 0;
    const task = async (): Promise<number> => {
      running += 1;
      assert.equal(running, 1);
      for (let round = 0; round < 20; round += 1) await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return clock.now();
    };
    await Promise.all([lock(task, undefined), lock(task, undefined), lock(task, undefined)]);
    assert.equal(isOpen, false);
  });

  it('is free again after a task that failed', async () => {
    const lock = machineLock(folder, clock, openFile);
    await assert.rejects(
      lock(() => Promise.reject(new Error('failed')), undefined),
      /failed/,
    );
    assert.equal(await lock(() => Promise.resolve('next'), undefined), 'next');
  });

  it('gives up on a process that hangs, and names the file', async () => {
    const lock = machineLock(folder, clock, () => Promise.reject(inUse()));
    await assert.rejects(lock(never, undefined), (error: Error & { advice?: string }) => {
      assert.equal(Reflect.get(error, 'code'), 'ERR_SCHANNEL_ACME_BUSY');
      return error.advice?.includes(path.join(folder, 'lock')) === true;
    });
  });

  it('stops waiting if it is told to', async () => {
    isOpen = true;
    const end = new AbortController();
    const waiting = machineLock(folder, clock, openFile)(never, end.signal);
    end.abort();
    await assert.rejects(waiting, { name: 'AbortError' });
  });

  it('says that the folder may not be written', async () => {
    const refused = (): Promise<never> => Promise.reject(Object.assign(new Error('no'), { code: 'EPERM' }));
    await assert.rejects(machineLock(folder, clock, refused)(never, undefined), {
      code: 'ERR_SCHANNEL_ACME_STATE',
    });
  });
});
