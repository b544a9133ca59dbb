import assert from 'node:assert/strict';
import { open, type OpenKeyOptions } from '#lib/key/open.js';
import { ScriptedKey, ScriptedProvider } from '../../support/scripted-key.js';

const NTE_BAD_KEYSET = 0x80090016;
const NTE_NOT_SUPPORTED = 0x80090029;

const providersOf = (stores: ScriptedProvider): string[] =>
  stores.calls.map((call) => (call.call === 'open' ? call.location.provider : call.call));

describe('a key that is opened', () => {
  it('is in the software key storage provider unless another is named', async () => {
    const stores = new ScriptedProvider(() => new ScriptedKey());
    await open(stores, { name: 'mine', silent: true });
    const key = await open(stores, { name: 'mine', provider: 'smartcard', window: 7 });
    assert.deepEqual(providersOf(stores), [
      'Microsoft Software Key Storage Provider',
      'Microsoft Smart Card Key Storage Provider',
    ]);
    assert.deepEqual(
      stores.calls.map((call) => (call.call === 'open' ? call.dialog : null)),
      [
        { silent: true, window: 0 },
        { silent: false, window: 7 },
      ],
    );
    assert.equal(key.location.container, 'mine');
  });

  it('is in a CSP where Windows has no CNG', async () => {
    const stores = new ScriptedProvider((call) =>
      call.call === 'open' && call.location.providerType === 0 ? NTE_NOT_SUPPORTED : new ScriptedKey(),
    );
    assert.equal((await open(stores, { name: 'mine' })).location.providerType, 24);
  });

  it('is not searched elsewhere when it is not there', async () => {
    const stores = new ScriptedProvider(() => NTE_BAD_KEYSET);
    await assert.rejects(open(stores, { name: 'mine' }), { code: 'ERR_SCHANNEL_KEY_NOT_FOUND' });
    assert.equal(stores.calls.length, 1);
  });

  it('needs a name', async () => {
    const stores = new ScriptedProvider(() => new ScriptedKey());
    await assert.rejects(open(stores, {} as OpenKeyOptions), { code: 'ERR_INVALID_ARG_TYPE' });
    // An empty one would be the default container of the user, which is somebody else's.
    await assert.rejects(open(stores, { name: '' }), { code: 'ERR_INVALID_ARG_VALUE' });
    assert.deepEqual(stores.calls, []);
  });
});
