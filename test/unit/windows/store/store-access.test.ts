import assert from 'node:assert/strict';
import { requireWritable } from '#lib/windows/store/store-access.js';
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
});
