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
import type { NativeSession } from '#lib/native/binding.js';
import { native } from '#lib/native/load.js';
import { handlesBackTo } from '../../support/native-store.js';
import { PATIENCE, turn, until } from '../../support/patience.js';
import { acquire, createSession, CREDENTIAL, handshake } from './client.js';

const PROGRAM = join(__dirname, 'program.js');

/** Runs test/live/native/program.ts in a separate process. */
function run(task: string, node = process.execPath, env: Record<string, string> = {}): number | null {
  const { error, status } = spawnSync(node, [PROGRAM, task], {
    stdio: 'ignore',
    timeout: PATIENCE,
    env: { ...process.env, ...env },
  });
  if (error !== undefined) throw error;
  return status;
}

function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
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

  it('gives back the handles of objects that are collected, and of no others', async () => {
    const before = native().handleCounts();
    const credential = await acquire();
    const collect = collector();
    let collected = 0;
    const registry = new FinalizationRegistry<null>(() => (collected += 1));
    const open = async (count: number): Promise<NativeSession[]> => {
      const sessions = Array.from({ length: count }, () => createSession(credential));
      for (const session of sessions) await handshake(session, []);
      return sessions;
    };
    const kept = await open(5);
    const isOpen = (): number => native().handleCounts().contexts - before.contexts;
    const letGo = async (): Promise<void> => {
      const sessions = await open(50);
      // Counted while they are held: from then on the collector may take them at any time.
      assert.equal(isOpen(), 55);
      for (const session of sessions) registry.register(session, null);
    };
    await letGo();
    // How many of the fifty are found is the collector's affair: those that were count.
    await until(
      () => collected > 0 && isOpen() <= 55 - collected,
      () => `${collected} of 50 were collected, ${isOpen()} handles are open`,
      () => {
        collect();
        return turn();
      },
    );
    assert.ok(isOpen() >= kept.length);
    for (const session of kept) session.close();
    credential.close();
  });

  it('gives everything back when the environment ends', async () => {
    const before = native().handleCounts();
    const worker = new Worker(PROGRAM, { workerData: 'holds' });
    const [opened] = (await once(worker, 'message')) as [number];
    worker.postMessage('end');
    await once(worker, 'exit');
    assert.equal(opened, 50);
    await handlesBackTo(before);
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
    await handlesBackTo(before);
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

  it('is the add-on of the package, whatever the environment says', () => {
    const directory = mkdtempSync(join(tmpdir(), 'schannel-'));
    try {
      const env = { SCHANNEL_PREBUILD: directory, PREBUILDS_ONLY: '1', npm_config_arch: 'mips' };
      assert.equal(run('exits', process.execPath, env), 7);
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
