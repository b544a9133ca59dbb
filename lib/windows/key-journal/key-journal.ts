import { hostname } from 'node:os';
import { callNativeVoid } from '../../native/promises.js';
import type { NativeProcesses } from '../../native/process-binding.js';
import type { NativeRegistry } from '../../native/registry-binding.js';
import { isOurContainer } from '../key/container-name.js';
import type { KeyName } from '../key/locations.js';
import { Owner } from './owner.js';
import { journalPath, recordName, writeRecord } from './record.js';

export type JournalNative = Pick<NativeProcesses, 'createLivenessMarker' | 'isAppContainer'> &
  Pick<NativeRegistry, 'setRegistryValue' | 'removeRegistryValue'>;

/**
 * Notes keys that nobody wants if this process ends now: one whose certificate is not yet in its store, or no longer
 * has it. A sweep removes those that no certificate has, once their owner is dead.
 *
 * Nothing here fails. What cannot be noted is still done, as it would be without a journal: an account may be
 * permitted to write to a store and not to the registry. Then only a process that is killed leaves something.
 */
export class KeyJournal {
  readonly #native: JournalNative | null;
  readonly #owner: Owner | null;
  readonly #noted: { readonly path: string; readonly name: string }[] = [];
  /** Null while it owns nothing. */
  #token: string | null = null;

  /** @param native without these functions, as some tests have it, nothing is noted */
  constructor(native: Partial<JournalNative>) {
    this.#native = isComplete(native) ? native : null;
    this.#owner = this.#native === null ? null : new Owner(this.#native);
  }

  /**
   * Call this before a key is made, and before a certificate loses its key. Keys whose names others chose are theirs.
   *
   * @param store the path of the store that the certificate is in, or will be
   */
  async note(key: KeyName, store: string): Promise<void> {
    if (!isOurContainer(key.container)) return;
    // What is noted there, only the same container would see.
    if (this.#native === null || this.#owner === null || this.#native.isAppContainer()) return;
    const native = this.#native;
    try {
      const owner = (this.#token ??= this.#owner.hold());
      const path = journalPath(key.machine);
      // Even after a failure the value may be there.
      this.#noted.push({ path, name: recordName({ key, owner }) });
      const value = writeRecord({ key, store, owner, host: hostname() });
      await callNativeVoid(failing('written'), (callback) => {
        native.setRegistryValue(path, value, callback);
      });
    } catch {
      // It stays unnoted.
    }
  }

  /**
   * Everything has ended well: the keys are no longer noted. One that is, since its record can't be removed, is spared
   * by sweeps while a certificate has it.
   */
  async done(): Promise<void> {
    const native = this.#native;
    if (native === null) return;
    for (const { path, name } of this.#noted.splice(0)) {
      await callNativeVoid(failing('removed'), (callback) => {
        native.removeRegistryValue(path, name, callback);
      }).catch(() => undefined);
    }
    this.giveUp();
  }

  /** It has not ended well: from now on a sweep decides about the keys. */
  giveUp(): void {
    this.#noted.length = 0;
    if (this.#token !== null) this.#owner?.release();
    this.#token = null;
  }
}

const isComplete = (native: Partial<JournalNative>): native is JournalNative =>
  native.setRegistryValue !== undefined &&
  native.removeRegistryValue !== undefined &&
  native.createLivenessMarker !== undefined &&
  native.isAppContainer !== undefined;

const failing = (what: string): { readonly phase: 'key'; readonly text: string } => ({
  phase: 'key',
  text: `The record of an unfinished key could not be ${what}`,
});
