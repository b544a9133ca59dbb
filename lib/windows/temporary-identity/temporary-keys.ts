import { type KeyObject, randomUUID } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { keyLocations } from '../key/locations.js';
import { persist } from '../key/stored-keys.js';
import type { Native } from '../../native/binding.js';
import { nativeCallVoid, runProcedure, type Procedure } from './procedure.js';
import type { NativeKeyLocation } from '../../native/store-binding.js';
import type { KeySet } from './key-set.js';
import { type Owner, temporaryContainer } from '../key-journal/owner.js';

/** A private key that is in Windows temporarily. */
export interface TemporaryKey {
  readonly location: NativeKeyLocation;
  /** Deletes the key. Call it after everything that uses it is closed. Never fails: a sweep removes what remains. */
  remove(): Promise<void>;
}

type KeyNative = Pick<Native, 'importKey' | 'deleteKey'>;

/**
 * The private keys that this thread has put into Windows, each under a name that contains its owner. Schannel works in
 * another process (LSASS) and needs a persisted key; a key that is only attached to its certificate fails there.
 */
export class TemporaryKeys {
  readonly #native: KeyNative;
  readonly #owner: Owner;
  /** Where each key is, or may be while its import runs. */
  readonly #places = new Map<string, readonly NativeKeyLocation[]>();

  constructor(native: KeyNative, owner: Owner) {
    this.#native = native;
    this.#owner = owner;
  }

  /**
   * Leaves nothing behind after a failure.
   * @throws SchannelError ERR_SCHANNEL_KEY_…, ERR_SCHANNEL_IMPORT_UNSUPPORTED
   */
  async import(key: KeyObject, keySet: KeySet): Promise<TemporaryKey> {
    const container = temporaryContainer(this.#owner.hold(), randomUUID());
    const name = { container, machine: keySet === 'machine', exportable: false };
    this.#places.set(container, keyLocations(name, true));
    try {
      const location = await persist(this.#native, key, name);
      this.#places.set(container, [location]);
      return { location, remove: () => runProcedure(this.#remove(container)) };
    } catch (error) {
      this.#forget(container);
      throw error;
    }
  }

  get isEmpty(): boolean {
    return this.#places.size === 0;
  }

  /** While the process exits: deletes all of them. */
  *removeAll(): Procedure<void> {
    for (const container of [...this.#places.keys()]) yield* this.#remove(container);
  }

  *#remove(container: string): Procedure<void> {
    const places = this.#places.get(container);
    if (places === undefined) return;
    try {
      for (const place of places) yield* deleteIfThere(this.#native, place);
    } catch {
      // A sweep tries again.
    } finally {
      this.#forget(container);
    }
  }

  #forget(container: string): void {
    if (this.#places.delete(container)) this.#owner.release();
  }
}

const ABSENT: ReadonlySet<string> = new Set([
  'ERR_SCHANNEL_KEY_NOT_FOUND',
  // Wine's CNG provider keeps no keys.
  'ERR_SCHANNEL_KEY_UNSUPPORTED',
]);

/** Deletes a key; false if there is none. @throws SchannelError ERR_SCHANNEL_KEY_… */
export function* deleteIfThere(
  native: Pick<Native, 'deleteKey'>,
  location: NativeKeyLocation,
): Procedure<boolean> {
  try {
    yield* nativeCallVoid(
      { phase: 'key', text: 'A temporary private key could not be deleted' },
      (callback) => native.deleteKey(location, callback),
    );
    return true;
  } catch (error) {
    if (error instanceof SchannelError && ABSENT.has(error.code)) return false;
    throw error;
  }
}
