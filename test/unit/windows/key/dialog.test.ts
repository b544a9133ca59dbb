import assert from 'node:assert/strict';
import { dialogSettings, windowHandle, type WindowHandle } from '#lib/windows/key/dialog.js';

const OUT_OF_RANGE = { code: 'ERR_OUT_OF_RANGE', name: 'RangeError' };

describe('windows/key/dialog', () => {
  it('takes the handle of a window in all its forms', () => {
    for (const form of [
      0x20a64,
      0x20a64n,
      Buffer.from('640a0200', 'hex'),
      // Electron's getNativeWindowHandle() of a 64-bit process.
      Buffer.from('640a020000000000', 'hex'),
      new Uint8Array([0, 0x64, 0x0a, 2, 0]).subarray(1),
    ]) {
      assert.equal(windowHandle('window', form), 0x20a64);
      assert.deepEqual(dialogSettings({ window: form }), { silent: false, window: 0x20a64 });
    }
    assert.deepEqual(dialogSettings({}), { silent: false, window: 0 });
  });

  it('refuses what is no handle, by name', () => {
    for (const wrong of [-1, 1.5, NaN, Infinity, 2 ** 53, -1n, 2n ** 64n])
      assert.throws(() => windowHandle('options.windowHandle', wrong), OUT_OF_RANGE);
    for (const length of [0, 1, 3, 5, 7, 9, 4096])
      assert.throws(() => windowHandle('options.windowHandle', Buffer.alloc(length)), OUT_OF_RANGE);
    assert.throws(() => windowHandle('options.windowHandle', Buffer.alloc(8, 0xff)), OUT_OF_RANGE);
    for (const wrong of ['1', {}, true, Symbol('1'), new Uint16Array(4), new ArrayBuffer(8)])
      assert.throws(() => windowHandle('options.windowHandle', wrong as unknown as WindowHandle), {
        code: 'ERR_INVALID_ARG_TYPE',
        message: /options\.windowHandle/,
      });
  });
});
