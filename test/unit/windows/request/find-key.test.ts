import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import type { NativeKey, NativeKeyLocation, NativeStores } from '#lib/native/store-binding.js';
import { findKey } from '#lib/windows/request/find-key.js';
import { memorySigner } from '../../../support/memory-signer.js';

const KSP = 'Microsoft Software Key Storage Provider';
const CSP = 'Microsoft Enhanced RSA and AES Cryptographic Provider';

interface Kept {
  readonly provider: string;
  readonly keySpec: number;
  readonly flags: number;
  /** Null: it cannot be opened. */
  readonly publicKey: KeyObject | null;
}

/** Keys by their names, and what was opened and closed. */
class ScriptedKeys implements Pick<NativeStores, 'listContainers' | 'openKey'> {
  readonly opened: string[] = [];
  readonly silent: boolean[] = [];
  left = 0;

  constructor(readonly keys: Readonly<Record<string, Kept>>) {}

  listContainers(
    { provider, flags }: { readonly provider: string; readonly flags: number },
    callback: Parameters<NativeStores['listContainers']>[1],
  ): void {
    // NTE_PROV_TYPE_NOT_DEF: there is no TPM.
    if (provider.includes('Platform')) {
      callback({ value: null, status: 0x80090017, syscall: 'NCryptOpenStorageProvider' });
      return;
    }
    const names = Object.entries(this.keys).filter(
      ([, key]) => key.provider === provider && key.flags === (flags & 0x20),
    );
    callback({ value: names.map(([name]) => name) });
  }

  openKey(
    { container, keySpec, flags }: NativeKeyLocation,
    { silent }: { readonly silent: boolean },
    callback: Parameters<NativeStores['openKey']>[2],
  ): void {
    this.opened.push(`${container} ${keySpec} ${flags}`);
    this.silent.push(silent);
    const key = this.keys[container];
    if (key?.publicKey == null || key.keySpec !== keySpec) {
      callback({ value: null, status: 0x8009000d, syscall: 'NCryptOpenKey' });
      return;
    }
    this.left += 1;
    callback({ value: this.#native(key.publicKey) });
  }

  #native(publicKey: KeyObject): NativeKey {
    const der = publicKey.export({ type: 'spki', format: 'der' });
    const close = (callback?: (end: { status: number; syscall: string }) => void): void => {
      this.left -= 1;
      callback?.({ status: 0, syscall: '' });
    };
    return { publicKey: der, close } as unknown as NativeKey;
  }
}

describe('windows/request/find-key', () => {
  const { publicKey: wanted } = memorySigner('rsa');
  const { publicKey: other } = memorySigner('P-256');
  const software = (publicKey: KeyObject | null, flags = 0): Kept => ({
    provider: KSP,
    keySpec: 0,
    flags,
    publicKey,
  });

  it('finds it by the public key, and closes what it opens', async () => {
    const keys = new ScriptedKeys({
      a: software(other),
      b: software(null),
      c: software(wanted),
      d: software(wanted),
    });
    const { location, tried, complete } = await findKey(keys, wanted, false);
    assert.deepEqual(location, { container: 'c', provider: KSP, providerType: 0, flags: 0, keySpec: 0 });
    assert.deepEqual([tried, complete], [3, true]);
    assert.equal(keys.left, 0);
    assert.ok(keys.silent.every(Boolean));
  });

  it('tries both keys of a container of a CSP', async () => {
    const keys = new ScriptedKeys({ a: { provider: CSP, keySpec: 2, flags: 0, publicKey: wanted } });
    const { location } = await findKey(keys, wanted, false);
    assert.deepEqual(location, { container: 'a', provider: CSP, providerType: 24, flags: 0, keySpec: 2 });
  });

  it('looks for keys on curves only where there are any', async () => {
    const keys = new ScriptedKeys({
      a: { provider: CSP, keySpec: 1, flags: 0, publicKey: other },
      b: software(null),
    });
    assert.equal((await findKey(keys, other, false)).location, null);
    assert.deepEqual(keys.opened, ['b 0 0']);
  });

  it('looks only among the keys of the machine, or only among those of the user', async () => {
    const keys = new ScriptedKeys({ user: software(wanted), machine: software(wanted, 0x20) });
    assert.equal((await findKey(keys, wanted, true)).location?.container, 'machine');
    assert.equal((await findKey(keys, wanted, false)).location?.container, 'user');
  });

  it('keeps to the limit', async () => {
    const keys = new ScriptedKeys(
      Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`k${at}`, software(other)])),
    );
    assert.deepEqual(await findKey(keys, wanted, false, { limit: 7 }), {
      location: null,
      tried: 7,
      complete: false,
    });
    assert.equal(keys.opened.length, 7);
    assert.deepEqual(await findKey(keys, wanted, false), { location: null, tried: 20, complete: true });
  });

  it('ends when it is cancelled', async () => {
    const keys = new ScriptedKeys({ a: software(wanted) });
    await assert.rejects(findKey(keys, wanted, false, { signal: AbortSignal.abort() }), {
      name: 'AbortError',
    });
    assert.deepEqual(keys.opened, []);
  });
});
