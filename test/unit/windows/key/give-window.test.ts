import assert from 'node:assert/strict';
import { giveWindow } from '#lib/windows/key/give-window.js';
import type { NativeCertificate, NativeKey, NativeStores } from '#lib/native/store-binding.js';

const certificate = {} as NativeCertificate;
const locationOf = (providerType: number) => ({
  container: 'key',
  provider: 'provider',
  providerType,
  flags: 0,
  keySpec: 0,
});

/** A Windows that notes how keys are opened, and how many are not closed. */
class Windows implements Pick<NativeStores, 'acquireKey'> {
  readonly asked: unknown[] = [];
  open = 0;
  status = 0;

  acquireKey(...[of, flags, dialog, callback]: Parameters<NativeStores['acquireKey']>): void {
    this.asked.push([of === certificate, flags, dialog]);
    if (this.status !== 0) {
      callback({ value: null, status: this.status, syscall: 'CryptAcquireCertificatePrivateKey' });
      return;
    }
    this.open += 1;
    const close: NativeKey['close'] = (closed) => {
      this.open -= 1;
      closed?.({ status: 0, syscall: '' });
    };
    callback({ value: { close } as NativeKey });
  }
}

describe('windows/key/give-window', () => {
  it('has the certificate keep the handle, of the interface that its key is in', async () => {
    const windows = new Windows();
    await giveWindow(windows, certificate, locationOf(0), 0x10010);
    await giveWindow(windows, certificate, locationOf(24), 0x10010);
    const dialog = { silent: false, window: 0x10010 };
    assert.deepEqual(windows.asked, [
      [true, 0x20001, dialog],
      [true, 0x10001, dialog],
    ]);
    assert.equal(windows.open, 0);
  });

  it('fails as opening the key does', async () => {
    const windows = new Windows();
    windows.status = 0x8010006e; // SCARD_W_CANCELLED_BY_USER
    await assert.rejects(giveWindow(windows, certificate, locationOf(0), 1), {
      phase: 'key',
      statusName: 'SCARD_W_CANCELLED_BY_USER',
    });
  });
});
