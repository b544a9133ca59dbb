import { type KeyObject } from 'node:crypto';
import type { NativeKeyLocation } from '../../native/store-binding.js';
import { publicKeyDer } from '../../formats/x509/public-key.js';
import { type ImportTarget, type TargetCertificate } from './import-target.js';
import { type Undo } from './undo.js';

/** The keys that one import stored in Windows: each once, even if several certificates of the file have it. */
export class ImportedKeys {
  readonly #target: Pick<ImportTarget<TargetCertificate>, 'keepKey' | 'removeKey'>;
  readonly #undo: Undo;
  readonly #kept = new Map<string, { readonly location: NativeKeyLocation; used: boolean }>();

  constructor(target: Pick<ImportTarget<TargetCertificate>, 'keepKey' | 'removeKey'>, undo: Undo) {
    this.#target = target;
    this.#undo = undo;
  }

  /** The location of the key. Imports it on the first call. */
  async locationOf(key: KeyObject): Promise<NativeKeyLocation> {
    const name = nameOf(key);
    const known = this.#kept.get(name);
    if (known !== undefined) return known.location;
    const location = await this.#target.keepKey(key);
    this.#kept.set(name, { location, used: false });
    this.#undo.push(`the private key "${location.container}"`, async () => {
      if (this.#kept.delete(name)) await this.#target.removeKey(location);
    });
    return location;
  }

  /** Call this when a certificate with the key was added to its store. */
  use(key: KeyObject): void {
    const kept = this.#kept.get(nameOf(key));
    if (kept !== undefined) kept.used = true;
  }

  /** Removes unused keys: those of certificates that were there already, with another copy of the key. */
  async removeUnused(): Promise<void> {
    for (const [name, { location, used }] of [...this.#kept]) {
      if (used) continue;
      await this.#target.removeKey(location);
      this.#kept.delete(name);
    }
  }
}

const nameOf = (key: KeyObject): string => publicKeyDer(key).toString('hex');
