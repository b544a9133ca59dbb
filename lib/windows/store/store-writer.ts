import { printable } from '../../base/text/printable.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { parseRevocationLists, type RevocationList } from '../../formats/x509/revocation-list.js';
import { acquire } from '../key/acquire.js';
import { nameOf } from '../key/locations.js';
import { KeyJournal } from '../key-journal/key-journal.js';
import type { PrivateKey } from '../key/private-key.js';
import { callNativeVoid, callNative, failureOf } from '../../native/promises.js';
import type { NativeCertificate, NativeEnd, NativeStore } from '../../native/store-binding.js';
import { Certificate, type PropertyChange } from './certificate.js';
import { dispositionOf, type OnExisting } from './dispositions.js';
import { isSameLocation } from './properties.js';
import { carriedProperties, restoreProperties } from './source.js';
import {
  commit,
  listNative,
  listRevocations,
  type StoreAccess,
  type StoreSystem,
  withStore,
} from './store-access.js';
import type { StoreName } from './store-name.js';
import { storeWrites } from './store-writes.js';

/** CERT_STORE_ADD_NEWER: a list whose thisUpdate is earlier would take revocations back. */
const ADD_NEWER = 6;
/** CERT_STORE_ADD_REPLACE_EXISTING */
const REPLACE_EXISTING = 3;
/** CRYPT_E_EXISTS and CRYPT_E_NOT_FOUND */
const IS_THERE = 0x80092005;
const IS_NOT_THERE = 0x80092004;

/**
 * Changes a store. Each change opens the store again: Wine writes back everything that an open store holds, which
 * would undo what others changed since it was opened.
 */
export class StoreWriter {
  readonly #system: StoreSystem;
  readonly #name: StoreName;
  readonly #access: StoreAccess;

  constructor(system: StoreSystem, name: StoreName) {
    this.#system = system;
    this.#name = name;
    // Archived certificates can be removed and restored too.
    this.#access = { readOnly: false, create: false, archived: true };
  }

  /** Adds a certificate from memory. @returns the one in the store */
  add(certificate: NativeCertificate, onExisting: OnExisting): Promise<NativeCertificate> {
    const carried = carriedProperties(certificate);
    return this.#write(async (store) => {
      const added = await callNative<NativeCertificate>(
        { phase: 'store', text: `The certificate could not be added to ${this.#name.path}` },
        (callback) => {
          store.add(certificate, dispositionOf(onExisting), callback);
        },
      );
      try {
        const isRestored = onExisting === 'inherit' && (await restoreProperties(carried, added));
        // If a certificate is replaced, only its properties may differ.
        const what = isRestored || onExisting === 'replace' ? 'properties' : 'certificates';
        await commit(this.#system, store, what);
        return added;
      } catch (error) {
        added.close();
        throw error;
      }
    });
  }

  /** Removes a certificate. If its key is deleted too, it is first checked that the key belongs to it. */
  remove(thumbprint: string, withKey: boolean): Promise<void> {
    return this.#onEntry(thumbprint, async (store, entry, all) => {
      const key = withKey ? await this.#keyOf(entry, all) : null;
      const journal = new KeyJournal(this.#system);
      try {
        if (key !== null && entry.keyLocation !== null) {
          await journal.note(nameOf(entry.keyLocation), this.#name.path);
        }
        await callNativeVoid(
          { phase: 'store', text: `The certificate could not be removed from ${this.#name.path}` },
          (callback) => {
            store.remove(entry.native, callback);
          },
        );
        await commit(this.#system, store, 'certificates');
        await key?.delete();
        await journal.done();
      } finally {
        journal.giveUp();
        await key?.close();
      }
    });
  }

  /** Adds a revocation list, unless this one or a newer one of its issuer is there. @returns whether it was added */
  addRevocationList(der: Uint8Array): Promise<boolean> {
    const what = {
      phase: 'store',
      text: `The revocation list could not be added to ${this.#name.path}`,
    } as const;
    return this.#write(async (store) => {
      const add = (disposition: number): Promise<NativeEnd> =>
        new Promise((resolve) => {
          store.addRevocationList(der, disposition, resolve);
        });
      let end = await add(ADD_NEWER);
      if (end.status === IS_THERE) {
        if (!isSuccessor(der, await listRevocations(store))) return false;
        end = await add(REPLACE_EXISTING);
      }
      if (end.status !== 0) throw failureOf(what, end);
      await commit(this.#system, store, 'lists');
      return true;
    });
  }

  /** Removes a revocation list. @returns whether it was there */
  removeRevocationList(der: Uint8Array): Promise<boolean> {
    const what = {
      phase: 'store',
      text: `The revocation list could not be removed from ${this.#name.path}`,
    } as const;
    return this.#write(async (store) => {
      const end = await new Promise<NativeEnd>((resolve) => {
        store.removeRevocationList(der, resolve);
      });
      if (end.status === IS_NOT_THERE) return false;
      if (end.status !== 0) throw failureOf(what, end);
      await commit(this.#system, store, 'lists');
      return true;
    });
  }

  /** Changes the properties of a certificate. */
  change(thumbprint: string, work: PropertyChange): Promise<void> {
    return this.#onEntry(thumbprint, async (store, entry) => {
      await work(entry.native);
      await commit(this.#system, store, 'properties');
    });
  }

  async #write<Value>(work: (store: NativeStore) => Promise<Value>): Promise<Value> {
    return storeWrites.counted(() => withStore(this.#system, this.#name, this.#access, work));
  }

  /** Calls `work` with the current certificate of this thumbprint and with all certificates. */
  #onEntry(
    thumbprint: string,
    work: (store: NativeStore, entry: Certificate, all: readonly Certificate[]) => Promise<void>,
  ): Promise<void> {
    return this.#write(async (store) => {
      const all = (await listNative(store)).map((each) => new Certificate(each, null));
      try {
        const entry = all.find((each) => each.thumbprint === thumbprint || each.thumbprint256 === thumbprint);
        if (entry === undefined) throw missing(thumbprint, this.#name.path);
        await work(store, entry, all);
      } finally {
        for (const each of all) each.close();
      }
    });
  }

  /** The key to delete with a certificate; null if it no longer has one. */
  async #keyOf(entry: Certificate, all: readonly Certificate[]): Promise<PrivateKey | null> {
    const location = entry.keyLocation;
    if (location === null) return null;
    const other = all.find(
      (each) => isSameLocation(each.keyLocation, location) && each.thumbprint !== entry.thumbprint,
    );
    if (other !== undefined) throw shared(entry, other);
    try {
      return await acquire(this.#system, entry.native, { silent: true, window: 0 });
    } catch (error) {
      if (error instanceof SchannelError && IS_GONE.has(error.code)) return null;
      throw error;
    }
  }
}

/** What Windows and Wine report if the named key does not exist. */
const IS_GONE: ReadonlySet<string> = new Set(['ERR_SCHANNEL_KEY_NOT_FOUND', 'ERR_SCHANNEL_KEY_MISSING']);

const missing = (thumbprint: string, path: string): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND',
    `There is no certificate ${thumbprint} in ${path}`,
    { phase: 'store', advice: 'Look for it with "schannel cert ls".' },
  );

const shared = (certificate: Certificate, other: Certificate): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_STORE_KEY_SHARED',
    `The private key of ${certificate.thumbprint} is that of ${other.thumbprint} (${printable(other.subject)}) too`,
    { phase: 'store', advice: 'Remove the certificate without its key, or the other one first.' },
  );

/**
 * Whether a list follows those of its issuer in the store. Windows compares only the dates, in seconds: of two lists
 * made in one second it would keep the first.
 */
function isSuccessor(der: Uint8Array, present: readonly Uint8Array[]): boolean {
  const list = readList(der);
  if (list === null) return false;
  const { issuer, number, thisUpdate } = list;
  const others = present
    .flatMap((each) => readList(each) ?? [])
    .filter((other) => Buffer.compare(other.issuer, issuer) === 0);
  return others.every(
    (other) =>
      other.thisUpdate < thisUpdate ||
      (other.thisUpdate.getTime() === thisUpdate.getTime() && (other.number ?? -1) < (number ?? -1)),
  );
}

/** Null for a list that cannot be read. */
function readList(der: Uint8Array): RevocationList | null {
  try {
    return parseRevocationLists(der)[0] ?? null;
  } catch {
    return null;
  }
}
