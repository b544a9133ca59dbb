/** The part of the native add-on for secrets that only this user, or only this machine, can read (DPAPI). */
import type { Callback } from './binding.js';
import type { NativeOutcome } from './store-binding.js';

/** The functions; part of {@link Native}. Both work on a worker, since a domain may be asked, and show no dialog. */
export interface NativeProtection {
  /**
   * CryptProtectData. Secret and entropy are copied, and the copies zeroed.
   * @param machine CRYPTPROTECT_LOCAL_MACHINE: every user of this machine can undo it who has the entropy
   */
  protectData(
    secret: Uint8Array,
    entropy: Uint8Array,
    machine: boolean,
    callback: Callback<NativeOutcome<Uint8Array>>,
  ): void;
  /** CryptUnprotectData. The caller zeroes what it gets. */
  unprotectData(data: Uint8Array, entropy: Uint8Array, callback: Callback<NativeOutcome<Uint8Array>>): void;
}
