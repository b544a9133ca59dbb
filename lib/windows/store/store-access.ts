import { SchannelError } from '../../base/errors/schannel-error.js';
import type { KeyNative } from '../key/private-key.js';
import type { JournalNative } from '../key-journal/key-journal.js';
import type { Native } from '../../native/binding.js';
import { capabilitiesOf } from '../../native/capabilities.js';
import { callNative, failureOf } from '../../native/promises.js';
import type { NativeCertificate, NativeEnd, NativeStore } from '../../native/store-binding.js';
import { isManaged, locationFlag } from './locations.js';
import type { StoreName } from './store-name.js';
import { isWellKnown } from './well-known-stores.js';

/** The functions of Windows that stores need. */
export type StoreSystem = KeyNative &
  Pick<Native, 'openStore' | 'createCertificate' | 'acquireKey' | 'hasDesktop' | 'platform'> &
  Partial<JournalNative>;

/** How a store is opened. */
export interface StoreAccess {
  readonly readOnly: boolean;
  /** Create the store if it does not exist. */
  readonly create: boolean;
  /** Also list archived certificates. */
  readonly archived: boolean;
}

/** CERT_STORE_PROV_SYSTEM_W and CERT_STORE_PROV_PHYSICAL_W. */
const SYSTEM = 10;
const PHYSICAL = 14;

const ENUM_ARCHIVED = 0x200;
/** Opens for writing; if this account may not write, for reading. */
const MAXIMUM_ALLOWED = 0x1000;
const OPEN_EXISTING = 0x4000;
const READONLY = 0x8000;

/** @throws SchannelError ERR_SCHANNEL_STORE_NOT_FOUND, ERR_SCHANNEL_STORE_ACCESS_DENIED */
export async function openNative(
  system: Pick<StoreSystem, 'openStore'>,
  name: StoreName,
  access: StoreAccess,
): Promise<NativeStore> {
  try {
    return await open(system, name, access, access.create ? 0 : OPEN_EXISTING);
  } catch (error) {
    // Windows creates its own stores when something is first added. Until then they are empty.
    const isMissing = error instanceof SchannelError && error.code === 'ERR_SCHANNEL_STORE_NOT_FOUND';
    if (!isMissing || access.create || !isOfWindows(name)) throw error;
    return open(system, name, access, 0);
  }
}

/**
 * Looks whether this account may write to a store, without writing.
 *
 * @throws SchannelError ERR_SCHANNEL_STORE_ACCESS_DENIED, ERR_SCHANNEL_STORE_NOT_FOUND
 */
export async function requireWritable(
  system: Pick<StoreSystem, 'openStore'>,
  name: StoreName,
): Promise<void> {
  // Windows makes its own stores when something is first added, and may refuse that only then.
  const existing = isOfWindows(name) ? 0 : OPEN_EXISTING;
  // Neither READONLY nor MAXIMUM_ALLOWED: Windows refuses at once if it may not be written.
  const store = await openWith(system, name, existing);
  store.close();
}

/** Only this machine's and this user's stores: the name of a service, a user or a computer may be mistyped. */
const isOfWindows = ({ name, owner, computer, physical }: StoreName): boolean =>
  isWellKnown(name) && owner === null && computer === null && physical === null;

const open = (
  system: Pick<StoreSystem, 'openStore'>,
  name: StoreName,
  access: StoreAccess,
  existing: number,
): Promise<NativeStore> =>
  openWith(
    system,
    name,
    (access.readOnly || isManaged(name.location) ? READONLY : MAXIMUM_ALLOWED) |
      (access.archived ? ENUM_ARCHIVED : 0) |
      existing,
  );

function openWith(
  system: Pick<StoreSystem, 'openStore'>,
  name: StoreName,
  flags: number,
): Promise<NativeStore> {
  const { location, computer, owner, physical } = name;
  const host = computer === null ? null : `\\\\${computer}`;
  const request = {
    provider: physical === null ? SYSTEM : PHYSICAL,
    flags: locationFlag(location) | flags,
    name: [host, owner, name.name, physical].filter((part) => part !== null).join('\\'),
  };
  return callNative({ phase: 'store', text: `The store ${name.path} could not be opened` }, (callback) => {
    system.openStore(request, callback);
  });
}

export const listNative = (store: Pick<NativeStore, 'certificates'>): Promise<readonly NativeCertificate[]> =>
  callNative({ phase: 'store', text: 'The certificates could not be listed' }, (callback) => {
    store.certificates(callback);
  });

export const listRevocations = (
  store: Pick<NativeStore, 'revocationLists'>,
): Promise<readonly Uint8Array[]> =>
  callNative({ phase: 'store', text: 'The revocation lists could not be listed' }, (callback) => {
    store.revocationLists(callback);
  });

/** CERT_STORE_CTRL_COMMIT_FORCE_FLAG */
const FORCE = 1;

/** How often a commit is tried. */
export const COMMITS = 10;

const ERROR_KEY_DELETED = 1018;

/**
 * Whether another process removed an entry while it was being written. Wine writes every entry of a store, also those
 * that nobody changed; the next try writes them all again.
 */
export const isCommitDisturbed = ({ status }: { readonly status?: number }): boolean =>
  status === ERROR_KEY_DELETED;

/**
 * Saves the store if it does not save immediately.
 * @param what without the flag, a change of only properties, or a list in the place of another one, is not saved
 */
export async function commit(
  { platform }: Pick<StoreSystem, 'platform'>,
  store: NativeStore,
  what: 'certificates' | 'properties' | 'lists',
): Promise<void> {
  if (capabilitiesOf(platform).storesWriteThrough) return;
  for (let tries = 1; ; tries += 1) {
    const end = await new Promise<NativeEnd>((resolve) => {
      store.commit(what === 'certificates' && tries === 1 ? 0 : FORCE, resolve);
    });
    if (end.status === 0) return;
    if (tries === COMMITS || !isCommitDisturbed(end))
      throw failureOf({ phase: 'store', text: 'The change could not be kept' }, end);
  }
}

/** Calls `work` with the store, newly opened and current. */
export async function withStore<Value>(
  system: Pick<StoreSystem, 'openStore'>,
  name: StoreName,
  access: StoreAccess,
  work: (store: NativeStore) => Promise<Value>,
): Promise<Value> {
  const store = await openNative(system, name, access);
  try {
    return await work(store);
  } finally {
    store.close();
  }
}
