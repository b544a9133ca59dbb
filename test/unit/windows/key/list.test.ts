import assert from 'node:assert/strict';
import type { NativeKeyLocation, NativeOutcome, NativeStores } from '#lib/native/store-binding.js';
import { listKeysOf } from '#lib/windows/key/list.js';

const NTE_NOT_SUPPORTED = 0x80090029;
const NTE_PERM = 0x80090010;

/** Providers that answer by their type: 0 is CNG. */
const providers = (
  answer: (place: NativeKeyLocation) => NativeOutcome<readonly string[]>,
): Pick<NativeStores, 'listContainers'> => ({
  listContainers: (place, callback) => {
    queueMicrotask(() => callback(answer(place as NativeKeyLocation)));
  },
});

const refusal = (status: number): NativeOutcome<readonly string[]> => ({
  value: null,
  status,
  syscall: 'NCryptEnumKeys',
});

describe('windows/key/list', () => {
  it('lists CNG, then the CSP, each key with its place', async () => {
    const stores = providers(({ providerType }) => ({ value: providerType === 0 ? ['a'] : ['b'] }));
    const found = await listKeysOf(stores, true);
    assert.deepEqual(
      found.map(({ container, providerType, flags }) => ({ container, providerType, flags })),
      [
        { container: 'a', providerType: 0, flags: 0x20 },
        { container: 'b', providerType: 24, flags: 0x20 },
      ],
    );
  });

  it('goes on if CNG keeps no keys', async () => {
    const stores = providers(({ providerType }) =>
      providerType === 0 ? refusal(NTE_NOT_SUPPORTED) : { value: ['b'] },
    );
    assert.deepEqual(
      (await listKeysOf(stores, false)).map(({ container }) => container),
      ['b'],
    );
  });

  it('passes on every other refusal', async () => {
    const stores = providers(() => refusal(NTE_PERM));
    await assert.rejects(listKeysOf(stores, false), { code: 'ERR_SCHANNEL_KEY_ACCESS_DENIED' });
  });
});
