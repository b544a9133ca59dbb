import assert from 'node:assert/strict';
import { commit, requireWritable } from '#lib/windows/store/store-access.js';
import type { NativeStore } from '#lib/native/store-binding.js';
import { parseStoreName } from '#lib/windows/store/store-name.js';
import { ScriptedSystem } from '../../../support/scripted-system.js';

describe('windows/store/store-access', () => {
  it('tells before anything is written whether a store may be written', async () => {
    const system = new ScriptedSystem();
    system.mayWrite = (store) => store !== '2\\my';
    system.stores.set('2\\my', []);
    await assert.rejects(requireWritable(system, parseStoreName('LocalMachine\\MY')), {
      code: 'ERR_SCHANNEL_STORE_ACCESS_DENIED',
    });
    await requireWritable(system, parseStoreName('CurrentUser\\MY'));
    assert.equal(system.open, 0);
  });

  it('makes no store under a name that may be mistyped', async () => {
    const system = new ScriptedSystem();
    await assert.rejects(requireWritable(system, parseStoreName('CurrentUser\\Mz')), {
      code: 'ERR_SCHANNEL_STORE_NOT_FOUND',
    });
    assert.equal(system.stores.size, 0);
  });

  for (const [what, ends, flags] of [
    ['writes all of it again', [1018, 1018, 0], [0, 1, 1]],
    [
      'gives up in the end',
      Array.from({ length: 11 }, () => 1018),
      [0, ...Array.from({ length: 9 }, () => 1)],
    ],
    ['repeats nothing else', [5, 0], [0]],
  ] as const) {
    it(`${what}, where Wine's commit meets an entry that another process removes`, async () => {
      const asked: number[] = [];
      const store = {
        commit: (flag: number, callback: (end: { status: number; syscall: string }) => void) => {
          callback({ status: ends[asked.push(flag) - 1] ?? 0, syscall: 'CertControlStore' });
        },
      };
      const kept = commit({ platform: { build: 19045, wine: '10.0' } }, store as NativeStore, 'certificates');
      if (ends[flags.length - 1] === 0) await kept;
      else await assert.rejects(kept, { status: ends[0] });
      assert.deepEqual(asked, flags);
    });
  }
});
