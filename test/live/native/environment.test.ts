import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import type { NativeHandleCounts } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import { acquire, createSession, CREDENTIAL, handshake } from './client.js';

const PROGRAM = join(__dirname, 'program.js');

/** Runs test/live/native/program.ts in a process of its own. */
function run(task: string, node = process.execPath): number | null {
  const { error, status } = spawnSync(node, [PROGRAM, task], { stdio: 'ignore', timeout: 15_000 });
  if (error !== undefined) throw error;
  return status;
}

/** Handles are given back on worker threads: waits until `expected` are left. */
async function waitForHandles(expected: NativeHandleCounts): Promise<void> {
  const end = Date.now() + 10_000;
  while (Date.now() < end) {
    const counts = native().handleCounts();
    if (counts.contexts === expected.contexts && counts.credentials === expected.credentials) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(native().handleCounts(), expected);
}

describe('native environment', () => {
  it('calls back in the asynchronous context of the call', async () => {
    const storage = new AsyncLocalStorage<number>();
    const credential = await acquire();
    const seen = await Promise.all(
      [1, 2, 3].map((number) =>
        storage.run(
          number,
          () =>
            new Promise<(number | undefined)[]>((resolve) => {
              const session = createSession(credential);
              session.handshake([], () => {
                const inside = storage.getStore();
                process.nextTick(() => {
                  session.close();
                  resolve([inside, storage.getStore()]);
                });
              });
            }),
        ),
      ),
    );
    assert.deepEqual(seen, [
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    credential.close();
  });

  it('gives handles back when objects are collected', async () => {
    const before = native().handleCounts();
    const credential = await acquire();
    const open = async () => {
      for (let count = 0; count < 50; ++count) await handshake(createSession(credential), []);
    };
    await open();
    assert.equal(native().handleCounts().contexts, before.contexts + 50);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const end = Date.now() + 10_000;
    while (native().handleCounts().contexts > before.contexts && Date.now() < end) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    credential.close();
    await waitForHandles(before);
  });

  it('survives worker threads that end with steps under way', async () => {
    const before = native().handleCounts();
    for (const task of ['terminated', 'exits', 'terminated', 'exits']) {
      const workers = [1, 2, 3].map(async () => {
        const worker = new Worker(PROGRAM, { workerData: task });
        worker.once('message', () => void worker.terminate());
        await once(worker, 'exit');
      });
      await Promise.all(workers);
    }
    await waitForHandles(before);
  });

  it('lets a process end with steps under way', () => {
    assert.equal(run('exits'), 7);
  });

  it('does not keep a process alive once its callbacks are called', () => {
    assert.equal(run('acquires'), 0);
  });

  it('makes what a callback throws an uncaught exception', () => {
    assert.equal(run('throws'), 9);
  });

  it('loads into a program that is not called node.exe', () => {
    const directory = mkdtempSync(join(tmpdir(), 'schannel-'));
    try {
      const host = join(directory, 'app.exe');
      copyFileSync(process.execPath, host);
      assert.equal(run('exits', host), 7);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('refuses an unknown credential structure', () => {
    const request = { ...CREDENTIAL, structure: 3 as 4 };
    assert.throws(() => {
      native().acquireCredential(request, () => undefined);
    }, /unknown credential structure/);
  });
});
