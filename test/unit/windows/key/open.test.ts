import assert from 'node:assert/strict';
import { open, type OpenKeyOptions } from '#lib/windows/key/open.js';
import { ScriptedKey, ScriptedProvider } from '../../../support/scripted-key.js';

const NTE_BAD_KEYSET = 0x80090016;
const NTE_NO_KEY = 0x8009000d;
const NTE_PERM = 0x80090010;
const AT_SIGNATURE = 2;
const NTE_NOT_SUPPORTED = 0x80090029;

const providersOf = (stores: ScriptedProvider): string[] =>
  stores.calls.map((call) => (call.call === 'open' ? call.location.provider : call.call));

const specsOf = (stores: ScriptedProvider): number[] =>
  stores.calls.flatMap((call) => (call.call === 'open' ? [call.location.keySpec] : []));

describe('windows/key/open', () => {
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
    await assert.rejects(open(stores, { name: 'mine' }), {
      code: 'ERR_SCHANNEL_KEY_NOT_FOUND',
      status: NTE_BAD_KEYSET,
    });
    assert.equal(new Set(providersOf(stores)).size, 1);
  });

  it('may be the second key of a CSP, for signatures', async () => {
    const stores = new ScriptedProvider((call) =>
      call.call === 'open' && call.location.keySpec !== AT_SIGNATURE ? NTE_NO_KEY : new ScriptedKey(),
    );
    const provider = 'Microsoft Strong Cryptographic Provider';
    assert.equal((await open(stores, { name: 'mine', provider })).location.keySpec, AT_SIGNATURE);
    // CNG finds it when it is told which of the two.
    assert.equal((await open(stores, { name: 'mine' })).location.keySpec, AT_SIGNATURE);
    assert.deepEqual(specsOf(stores), [1, 2, 0, 1, 2]);
  });

  it('is asked for once where there are no two keys, and where it was refused', async () => {
    const card = new ScriptedProvider(() => NTE_BAD_KEYSET);
    await assert.rejects(open(card, { name: 'mine', provider: 'smartcard' }));
    assert.deepEqual(specsOf(card), [0]);
    const refused = new ScriptedProvider(() => NTE_PERM);
    await assert.rejects(open(refused, { name: 'mine' }), { code: 'ERR_SCHANNEL_KEY_ACCESS_DENIED' });
    assert.deepEqual(specsOf(refused), [0]);
  });

  it('needs a name', async () => {
    const stores = new ScriptedProvider(() => new ScriptedKey());
    await assert.rejects(open(stores, {} as OpenKeyOptions), { code: 'ERR_INVALID_ARG_TYPE' });
    // An empty one would be the default container of the user, which is somebody else's.
    await assert.rejects(open(stores, { name: '' }), { code: 'ERR_INVALID_ARG_VALUE' });
    assert.deepEqual(stores.calls, []);
  });
});
