import assert from 'node:assert/strict';
import { textOf } from '#lib/apps/acme/challenge/plan.js';
import { windowsKeys } from '#lib/apps/acme/order/windows-keys.js';

describe('apps/acme/order/windows-keys', () => {
  it('plans a key with a new name, where the options say', () => {
    const keys = windowsKeys({ provider: 'tpm', machine: true });
    const [one, other] = [keys.plan(), keys.plan()];
    assert.match(textOf(one, 'name'), /^schannel-acme-[\w-]{36}$/);
    assert.notEqual(one['name'], other['name']);
    assert.deepEqual([one['provider'], one['machine']], ['tpm', true]);
  });

  // Windows is not even asked, so that this works on every system.
  for (const name of ['tls-key-of-others', 'schannel-key-1', 'schannel-acme-', 'schannel-acme-../x', '', 7]) {
    it(`neither opens nor deletes another key that a file names: ${JSON.stringify(name)}`, async () => {
      const plan = { name, provider: null, machine: true };
      assert.equal(await windowsKeys().open(plan), null);
      await windowsKeys().remove(plan);
    });
  }
});
