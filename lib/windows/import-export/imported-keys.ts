import { type KeyObject } from 'node:crypto';
import type { NativeKeyLocation } from '../../native/store-binding.js';
import { publicKeyDer } from '../../formats/x509/public-key.js';
import { type ImportTarget, type TargetCertificate } from './import-target.js';
import { type Undo } from './undo.js';

/** The keys that one import has put into Windows: each once, however many certificates of the file have it. */
export class ImportedKeys {
  readonly #target: Pick<ImportTarget<TargetCertificate>, 'keepKey' | 'removeKey'>;
  readonly #undo: Undo;
  readonly #kept = new Map<string, { readonly location: NativeKeyLocation; used: boolean }>();

  constructor(target: Pick<ImportTarget<TargetCertificate>, 'keepKey' | 'removeKey'>, undo: Undo) {
    this.#target = target;
    this.#undo = undo;
  }

  /** Where the key is; imported when it is not yet. */
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

  /** To be told when a certificate that has the key is in its store. */
  use(key: KeyObject): void {
    const kept = this.#kept.get(nameOf(key));
    if (kept !== undefined) kept.used = true;
  }

  /** Removes the keys whose certificates turned out to be there already, with another copy of the key. */
  async removeUnused(): Promise<void> {
    for (const [name, { location, used }] of [...this.#kept]) {
      if (used) continue;
      await this.#target.removeKey(location);
      this.#kept.delete(name);
    }
  }
}

const nameOf = (key: KeyObject): string => publicKeyDer(key).toString('hex');
