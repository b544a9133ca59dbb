import { SchannelError } from '../errors/schannel-error.js';
import type { Native } from '../native/binding.js';
import type { NativeLock } from '../native/process-binding.js';
import type { Undertaking } from '../native/promises.js';
import { endStep, outcomeStep, type Steps } from '../native/steps.js';
import type { NativeCertificate, NativeStore, NativeStoreRequest } from '../native/store-binding.js';
import { OWNERS_PROPERTY, readOwners, writeOwners } from './owner-list.js';

/** A certificate in the store. */
export interface Entry {
  /** DER. */
  readonly certificate: Uint8Array;
  /** Null for an entry that is not ours, and never touched. */
  readonly owners: readonly string[] | null;
}

/** Whose a certificate shall be; it goes when it is nobody's. */
export interface Change {
  readonly certificate: Uint8Array;
  readonly owners: readonly string[];
}

/** What is to be changed, when this is what there is. */
export type Decide = (entries: readonly Entry[]) => readonly Change[];

/**
 * CERT_STORE_PROV_SYSTEM_REGISTRY_W, CERT_SYSTEM_STORE_CURRENT_USER: what the user has in CA, without what policies and
 * the machine add to the sight of it.
 */
const USER_CA: NativeStoreRequest = { provider: 13, flags: 0x10000, name: 'CA' };

const LOCK = 'schannel-authorities';
/** The others need some milliseconds each. */
const LOCK_TIMEOUT = 10_000;

const ERROR_ACCESS_DENIED = 5;
const CERT_STORE_ADD_REPLACE_EXISTING = 3;
const CERT_STORE_CTRL_COMMIT_FORCE_FLAG = 1;

const UNDERTAKING: Undertaking = {
  phase: 'store',
  text: 'The intermediate certificates could not be published',
};

/**
 * The user's store of intermediate authorities, where Schannel looks for the certificates that go with one of its own.
 * Changes take turns, across processes: each reads the whole, decides, and has written it before the next one reads.
 */
export class AuthorityStore {
  readonly #native: Pick<Native, 'acquireLock' | 'openStore' | 'createCertificate'>;
  #lock: NativeLock | null = null;

  constructor(native: Pick<Native, 'acquireLock' | 'openStore' | 'createCertificate'>) {
    this.#native = native;
  }

  /** What is in the store. @throws SchannelError ERR_SCHANNEL_STORE_… */
  *read(): Steps<readonly Entry[]> {
    const seen: Entry[] = [];
    yield* this.#change((entries) => {
      seen.push(...entries);
      return [];
    });
    return seen;
  }

  /** Changes the store; one at a time. @throws SchannelError ERR_SCHANNEL_STORE_… */
  *revise(decide: Decide): Steps<void> {
    this.#lock = yield* this.#acquire();
    try {
      yield* this.#change(decide);
    } finally {
      yield* this.giveUp();
    }
  }

  /** Gives back the lock of a revision that nobody will go on with. */
  *giveUp(): Steps<void> {
    const lock = this.#lock;
    this.#lock = null;
    if (lock !== null) yield* endStep(UNDERTAKING, (callback) => lock.release(callback));
  }

  /** Where this process has no 'Global\\', in an app container, its stores are seen by nobody outside either. */
  *#acquire(): Steps<NativeLock> {
    try {
      return yield* this.#acquireIn('Global');
    } catch (error) {
      if (!(error instanceof SchannelError) || error.status !== ERROR_ACCESS_DENIED) throw error;
      return yield* this.#acquireIn('Local');
    }
  }

  #acquireIn(namespace: string): Steps<NativeLock> {
    return outcomeStep(UNDERTAKING, (callback) =>
      this.#native.acquireLock(`${namespace}\\${LOCK}`, LOCK_TIMEOUT, callback),
    );
  }

  *#change(decide: Decide): Steps<void> {
    const store = yield* outcomeStep<NativeStore>(UNDERTAKING, (callback) =>
      this.#native.openStore(USER_CA, callback),
    );
    try {
      const certificates = yield* outcomeStep<readonly NativeCertificate[]>(UNDERTAKING, (callback) =>
        store.certificates(callback),
      );
      try {
        const changes = decide(certificates.map(entryOf));
        for (const change of changes) yield* apply(this.#native, store, certificates, change);
        if (changes.length > 0) yield* commit(store);
      } finally {
        for (const certificate of certificates) certificate.close();
      }
    } finally {
      // Wine 10 writes a changed store once more when it is closed: that must be over before the next one's turn.
      yield* endStep(UNDERTAKING, (callback) => store.close(callback));
    }
  }
}

const entryOf = (certificate: NativeCertificate): Entry => ({
  certificate: certificate.encoded,
  owners: readOwners(certificate.property(OWNERS_PROPERTY)),
});

const commit = (store: NativeStore): Steps<void> =>
  endStep(UNDERTAKING, (callback) => store.commit(CERT_STORE_CTRL_COMMIT_FORCE_FLAG, callback));

export const isSameCertificate = (one: Uint8Array, other: Uint8Array): boolean =>
  Buffer.compare(one, other) === 0;

function* apply(
  native: Pick<Native, 'createCertificate'>,
  store: NativeStore,
  certificates: readonly NativeCertificate[],
  { certificate, owners }: Change,
): Steps<void> {
  if (owners.length > 0) {
    yield* put(native, store, certificate, owners);
    return;
  }
  for (const entry of certificates) {
    if (!isSameCertificate(entry.encoded, certificate)) continue;
    yield* endStep(UNDERTAKING, (callback) => store.remove(entry, callback));
  }
}

/** Wine keeps a property only if it was there when the certificate was added, so that each list is a new entry. */
function* put(
  native: Pick<Native, 'createCertificate'>,
  store: NativeStore,
  encoded: Uint8Array,
  owners: readonly string[],
): Steps<void> {
  const certificate = native.createCertificate(encoded);
  try {
    yield* endStep(UNDERTAKING, (callback) =>
      certificate.setProperty(OWNERS_PROPERTY, writeOwners(owners), callback),
    );
    const added = yield* outcomeStep<NativeCertificate>(UNDERTAKING, (callback) =>
      store.add(certificate, CERT_STORE_ADD_REPLACE_EXISTING, callback),
    );
    added.close();
  } finally {
    certificate.close();
  }
}
