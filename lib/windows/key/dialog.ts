import { invalidType, outOfRange } from '../../base/errors/argument-error.js';
import type { NativeKeyDialog } from '../../native/store-binding.js';

/** A handle (HWND), or its bytes, which Electron's `getNativeWindowHandle()` returns. */
export type WindowHandle = bigint | number | Uint8Array;

/** How the provider of a key may ask the user for a PIN or for consent. */
export interface KeyDialogOptions {
  /** Never show a dialog. An operation that needs one fails with ERR_SCHANNEL_KEY_DIALOG. Default false. */
  readonly silent?: boolean | undefined;
  /** The window that owns dialogs. Default none: they may open behind other windows. */
  readonly window?: WindowHandle | undefined;
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, RangeError ERR_OUT_OF_RANGE */
export function dialogSettings({ silent = false, window = 0 }: KeyDialogOptions): NativeKeyDialog {
  if (typeof silent !== 'boolean') throw invalidType('silent', 'of type boolean', silent);
  return { silent, window: windowHandle('window', window) };
}

/** As a number; 0 = none. @throws TypeError ERR_INVALID_ARG_TYPE, RangeError ERR_OUT_OF_RANGE */
export function windowHandle(name: string, window: WindowHandle): number {
  if (typeof window !== 'bigint' && typeof window !== 'number' && !(window instanceof Uint8Array)) {
    throw invalidType(name, 'of type number or bigint, or an instance of Buffer', window);
  }
  const handle = Number(window instanceof Uint8Array ? handleIn(window) : window);
  if (Number.isSafeInteger(handle) && handle >= 0) return handle;
  throw outOfRange(name, 'a window handle', window);
}

/** Bytes of a pointer; NaN for another length. */
function handleIn(bytes: Uint8Array): bigint | number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length === 8) return view.getBigUint64(0, true);
  return bytes.length === 4 ? view.getUint32(0, true) : NaN;
}
