import { invalidType, outOfRange } from '../../base/errors/argument-error.js';
import type { NativeKeyDialog } from '../../native/store-binding.js';

/** How the provider of a key may ask the user for a PIN or for consent. */
export interface KeyDialogOptions {
  /** Never show a dialog. An operation that needs one fails with ERR_SCHANNEL_KEY_DIALOG. Default false. */
  readonly silent?: boolean | undefined;
  /** Handle (HWND) of the window that owns dialogs. Default none: they may open behind other windows. */
  readonly window?: bigint | number | undefined;
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, RangeError ERR_OUT_OF_RANGE */
export function dialogSettings({ silent = false, window = 0 }: KeyDialogOptions): NativeKeyDialog {
  if (typeof silent !== 'boolean') throw invalidType('silent', 'of type boolean', silent);
  return { silent, window: windowHandle(window) };
}

function windowHandle(window: bigint | number): number {
  if (typeof window !== 'bigint' && typeof window !== 'number') {
    throw invalidType('window', 'of type number or bigint', window);
  }
  const handle = Number(window);
  if (Number.isSafeInteger(handle) && handle >= 0) return handle;
  throw outOfRange('window', 'a window handle', window);
}
