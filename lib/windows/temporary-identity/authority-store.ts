import { SchannelError } from '../../base/errors/schannel-error.js';
import type { Native } from '../../native/binding.js';
import { capabilitiesOf } from '../../native/capabilities.js';
import type { NativeLock } from '../../native/process-binding.js';
import type { NativeOperation } from '../../native/promises.js';
import { nativeCallVoid, nativeCall, type Procedure } from './procedure.js';
import type { NativeCertificate, NativeStore, NativeStoreRequest } from '../../native/store-binding.js';
import { namespaceOf } from '../../native/namespace.js';
import { readOwners, writeOwners } from './owner-list.js';
import { OWN_PROPERTY } from '../store/properties.js';
import { COMMITS, isCommitDisturbed } from '../store/store-access.js';

/** A certificate in the store. */
export interface Entry {
  /** DER. */
  readonly certificate: Uint8Array;
  /** Null for an entry that is not ours, and never touched. */
  readonly owners: readonly string[] | null;
}

/** The new owners of a certificate. Without an owner it is removed. */
export interface Change {
  readonly certificate: Uint8Array;
  readonly owners: readonly string[];
}

/** Decides what to change, from what is in the store. */
export type Decide = (entries: readonly Entry[]) => readonly Change[];

/**
 * CERT_STORE_PROV_SYSTEM_REGISTRY_W, CERT_SYSTEM_STORE_CURRENT_USER: only the user's own part of CA, without what
 * policies and the machine add to it.
 */
const USER_CA: NativeStoreRequest = { provider: 13, flags: 0x10000, name: 'CA' };

const LOCK = 'schannel-authorities';
/** Other processes hold the lock for some milliseconds each. */
const LOCK_TIMEOUT_MS = 10_000;
/** After a wait without success. */
const SHORT_TIMEOUT_MS = 100;

const ERROR_ACCESS_DENIED = 5;
const ERROR_TIMEOUT = 1460;

const LOCK_FAILURES: ReadonlyMap<number, string> = new Map([
  [
    ERROR_TIMEOUT,
    `Another process holds the mutex Global\\${LOCK}-<SID of this account>; find it with "handle.exe ${LOCK}", or put the intermediates into LocalMachine\\CA.`,
  ],
  [
    ERROR_ACCESS_DENIED,
    `Another account created the mutex Global\\${LOCK}-<SID of this account>; find its process with "handle.exe ${LOCK}", or put the intermediates into LocalMachine\\CA.`,
  ],
]);

const CERT_STORE_ADD_REPLACE_EXISTING = 3;
const CERT_STORE_CTRL_COMMIT_FORCE_FLAG = 1;

const PUBLISHING: NativeOperation = {
  phase: 'store',
  text: 'The intermediate certificates could not be published',
};

/** What the store calls of Windows. */
export type AuthorityNative = Pick<
  Native,
  'acquireLock' | 'isAppContainer' | 'openStore' | 'createCertificate' | 'platform'
>;

/** What one access to the store has open. */
interface Visit {
  lock: NativeLock | null;
  store: NativeStore | null;
  certificates: readonly NativeCertificate[];
}

/**
 * The user's store of intermediate authorities, where Schannel looks for the chain of a certificate. A lock that all
 * processes share makes changes run one after another: each reads the store, decides, and writes before the next one
 * reads.
 */
export class AuthorityStore {
  readonly #native: AuthorityNative;
  readonly #visits = new Set<Visit>();
  /** How long to wait for the lock, in milliseconds. */
  #lockTimeout = LOCK_TIMEOUT_MS;

  constructor(native: AuthorityNative) {
    this.#native = native;
  }

  /**
   * What is in the store. Changes by others at the same time may be missing.
   * @throws SchannelError ERR_SCHANNEL_STORE_…
   */
  *read(): Procedure<readonly Entry[]> {
    const visit = this.#begin();
    try {
      yield* this.#open(visit);
      return visit.certificates.map(entryOf);
    } finally {
      yield* this.#end(visit);
    }
  }

  /** Changes the store. @throws SchannelError ERR_SCHANNEL_STORE_… */
  *revise(decide: Decide): Procedure<void> {
    const visit = this.#begin();
    try {
      visit.lock = yield* this.#acquire();
      const store = yield* this.#open(visit);
      const changes = decide(visit.certificates.map(entryOf));
      for (const change of changes) yield* apply(this.#native, store, visit.certificates, change);
      const isWritten = capabilitiesOf(this.#native.platform).storesWriteThrough;
      if (changes.length > 0 && !isWritten) yield* commit(store);
    } finally {
      yield* this.#end(visit);
    }
  }

  /** While the process exits: closes what unfinished accesses have open. */
  *giveUp(): Procedure<void> {
    for (const visit of [...this.#visits]) yield* this.#end(visit);
  }

  #begin(): Visit {
    const visit: Visit = { lock: null, store: null, certificates: [] };
    this.#visits.add(visit);
    return visit;
  }

  /** Wine 10 writes a changed store again when it closes, so the store closes before the lock is released. */
  *#end(visit: Visit): Procedure<void> {
    this.#visits.delete(visit);
    const { lock, store, certificates } = visit;
    for (const certificate of certificates) certificate.close();
    try {
      if (store !== null) yield* nativeCallVoid(PUBLISHING, (callback) => store.close(callback));
    } finally {
      if (lock !== null) yield* nativeCallVoid(PUBLISHING, (callback) => lock.release(callback));
    }
  }

  *#open(visit: Visit): Procedure<NativeStore> {
    const store = yield* nativeCall<NativeStore>(PUBLISHING, (callback) =>
      this.#native.openStore(USER_CA, callback),
    );
    visit.store = store;
    visit.certificates = yield* nativeCall<readonly NativeCertificate[]>(PUBLISHING, (callback) =>
      store.certificates(callback),
    );
    return store;
  }

  *#acquire(): Procedure<NativeLock> {
    const name = `${namespaceOf(this.#native)}\\${LOCK}`;
    try {
      const lock = yield* nativeCall<NativeLock>(PUBLISHING, (callback) =>
        this.#native.acquireLock(name, this.#lockTimeout, callback),
      );
      this.#lockTimeout = LOCK_TIMEOUT_MS;
      return lock;
    } catch (error) {
      throw this.#withheld(error);
    }
  }

  /** After a timeout, later calls wait only briefly: the holder may never release the lock. */
  #withheld(error: unknown): unknown {
    if (!(error instanceof SchannelError)) return error;
    const { status } = error;
    if (status === ERROR_TIMEOUT) this.#lockTimeout = SHORT_TIMEOUT_MS;
    const reason = LOCK_FAILURES.get(status ?? 0);
    return reason === undefined ? error : Object.assign(error, { advice: reason });
  }
}

const entryOf = (certificate: NativeCertificate): Entry => ({
  certificate: certificate.encoded,
  owners: readOwners(certificate.property(OWN_PROPERTY.owners)),
});

function* commit(store: NativeStore): Procedure<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      yield* nativeCallVoid(PUBLISHING, (callback) =>
        store.commit(CERT_STORE_CTRL_COMMIT_FORCE_FLAG, callback),
      );
      return;
    } catch (error) {
      if (tries === COMMITS || !(error instanceof SchannelError && isCommitDisturbed(error))) throw error;
    }
  }
}

export const isSameCertificate = (one: Uint8Array, other: Uint8Array): boolean =>
  Buffer.compare(one, other) === 0;

function* apply(
  native: Pick<Native, 'createCertificate'>,
  store: NativeStore,
  certificates: readonly NativeCertificate[],
  { certificate, owners }: Change,
): Procedure<void> {
  if (owners.length > 0) {
    yield* put(native, store, certificate, owners);
    return;
  }
  for (const entry of certificates) {
    if (!isSameCertificate(entry.encoded, certificate)) continue;
    yield* nativeCallVoid(PUBLISHING, (callback) => store.remove(entry, callback));
  }
}

/** Wine only keeps properties that a certificate has when it is added, so each change of the list adds a new entry. */
function* put(
  native: Pick<Native, 'createCertificate'>,
  store: NativeStore,
  encoded: Uint8Array,
  owners: readonly string[],
): Procedure<void> {
  const certificate = native.createCertificate(encoded);
  try {
    yield* nativeCallVoid(PUBLISHING, (callback) =>
      certificate.setProperty(OWN_PROPERTY.owners, writeOwners(owners), callback),
    );
    const added = yield* nativeCall<NativeCertificate>(PUBLISHING, (callback) =>
      store.add(certificate, CERT_STORE_ADD_REPLACE_EXISTING, callback),
    );
    added.close();
  } finally {
    certificate.close();
  }
}
