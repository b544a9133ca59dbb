import assert from 'node:assert/strict';
import { bindingListeners } from '#lib/apps/binding/listeners.js';
import { parseBindingKey } from '#lib/windows/binding/key.js';
import { ScriptedHttp } from '../../../support/scripted-http.js';

describe('apps/binding/listeners', () => {
  it('are those of the port, where the binding counts', async () => {
    const http = new ScriptedHttp();
    http.listening = ['0.0.0.0', '192.0.2.1', '127.0.0.1', '::', 'fe80::1%3'].map((address, pid) => ({
      address,
      port: 443,
      pid,
      program: null,
    }));
    const pids = async (key: string): Promise<readonly number[] | undefined> =>
      (await bindingListeners(parseBindingKey(key), http))?.map(({ pid }) => pid);
    assert.deepEqual(await pids('*:443'), [0, 1, 2, 3, 4]);
    assert.deepEqual(await pids('bar.example:443'), [0, 1, 2, 3, 4]);
    assert.deepEqual(await pids('ccs:443'), [0, 1, 2, 3, 4]);
    assert.deepEqual(await pids('192.0.2.1:443'), [0, 1, 3]);
    assert.deepEqual(await pids('[fe80::1%3]:443'), [0, 3, 4]);
    assert.deepEqual(await pids('*:444'), []);
    http.listening = null;
    assert.equal(await pids('*:443'), undefined);
    assert.equal(await pids('192.0.2.1:443'), undefined);
  });
});
