import type { KeyObject } from 'node:crypto';
import type { NativeKeyLocation } from '../../native/store-binding.js';
import { type ExecuteOptions, executePlan, type Placement } from '../import-export/execute-plan.js';
import type {
  ImportTarget,
  StoreRole,
  TargetCertificate,
  TargetStore,
} from '../import-export/import-target.js';
import type { ImportPlan } from '../import-export/plan.js';

/** An import whose key is in Windows already: nothing is imported, and nothing that is undone may delete it. */
class CompletionTarget<Entry extends TargetCertificate> implements ImportTarget<Entry> {
  readonly #target: ImportTarget<Entry>;
  readonly #key: NativeKeyLocation;

  constructor(target: ImportTarget<Entry>, key: NativeKeyLocation) {
    this.#target = target;
    this.#key = key;
  }

  store(role: StoreRole): Promise<TargetStore<Entry>> {
    return this.#target.store(role);
  }

  noteKey(location: NativeKeyLocation): Promise<void> {
    return this.#target.noteKey(location);
  }

  keepKey(_key: KeyObject): Promise<NativeKeyLocation> {
    return Promise.resolve(this.#key);
  }

  async removeKey(location: NativeKeyLocation): Promise<void> {
    if (location.container !== this.#key.container) await this.#target.removeKey(location);
  }

  end(isDone: boolean): Promise<void> {
    return this.#target.end(isDone);
  }

  isTemporary(entry: Entry): boolean {
    return this.#target.isTemporary(entry);
  }

  outside(certificate: Uint8Array): Entry {
    return this.#target.outside(certificate);
  }
}

/**
 * Executes the plan of a completion completely, or not at all. The entry of the request goes last: until then the
 * request is pending, whatever happens.
 *
 * @param key where the private key is
 */
export const executeCompletion = <Entry extends TargetCertificate>(
  plan: ImportPlan,
  target: ImportTarget<Entry>,
  key: NativeKeyLocation,
  options: Omit<ExecuteOptions, 'onExisting'>,
): Promise<Placement<Entry>[]> =>
  // A certificate that was imported instead of completed is there without its key: 'keep' gives it the key.
  executePlan(plan, new CompletionTarget(target, key), { ...options, onExisting: 'keep' });
