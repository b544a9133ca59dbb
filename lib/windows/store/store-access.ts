import { SchannelError } from '../../base/errors/schannel-error.js';
import type { Native } from '../../native/binding.js';
import { capabilitiesOf } from '../../native/capabilities.js';
import { callNativeVoid, callNative } from '../../native/promises.js';
import type { NativeCertificate, NativeStore } from '../../native/store-binding.js';
import { isManaged, locationFlag } from './locations.js';
import type { StoreName } from './store-name.js';
import { isWellKnown } from './well-known-stores.js';

/** What stores need of Windows. */
export type StoreSystem = Pick<
  Native,
  'openStore' | 'createCertificate' | 'acquireKey' | 'deleteKey' | 'hasDesktop' | 'platform'
>;

/** How a store is opened. */
export interface StoreAccess {
  readonly readOnly: boolean;
  /** Make the store if there is none. */
  readonly create: boolean;
  /** Also list what is archived. */
  readonly archived: boolean;
}

/** CERT_STORE_PROV_SYSTEM_W and CERT_STORE_PROV_PHYSICAL_W. */
const SYSTEM = 10;
const PHYSICAL = 14;

const ENUM_ARCHIVED = 0x200;
/** Asks to write, and is content with reading where this account may not. */
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
    // Windows makes its own stores when something is put there for the first time; until then they are empty.
    const isMissing = error instanceof SchannelError && error.code === 'ERR_SCHANNEL_STORE_NOT_FOUND';
    if (!isMissing || access.create || !isOfWindows(name)) throw error;
    return open(system, name, access, 0);
  }
}

/** Of this Windows' own; not of a service, a user or a computer, which may be mistyped as well. */
const isOfWindows = ({ name, owner, computer, physical }: StoreName): boolean =>
  isWellKnown(name) && owner === null && computer === null && physical === null;

function open(
  system: Pick<StoreSystem, 'openStore'>,
  name: StoreName,
  access: StoreAccess,
  existing: number,
): Promise<NativeStore> {
  const { location, computer, owner, physical } = name;
  const host = computer === null ? null : `\\\\${computer}`;
  const request = {
    provider: physical === null ? SYSTEM : PHYSICAL,
    flags:
      locationFlag(location) |
      (access.readOnly || isManaged(location) ? READONLY : MAXIMUM_ALLOWED) |
      (access.archived ? ENUM_ARCHIVED : 0) |
      existing,
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

/** CERT_STORE_CTRL_COMMIT_FORCE_FLAG */
const FORCE = 1;

/**
 * Has the store written where it does not write at once.
 * @param what properties alone do not count as a change there
 */
export async function commit(
  { platform }: Pick<StoreSystem, 'platform'>,
  store: NativeStore,
  what: 'certificates' | 'properties',
): Promise<void> {
  if (capabilitiesOf(platform).storesWriteThrough) return;
  await callNativeVoid({ phase: 'store', text: 'The change could not be kept' }, (callback) => {
    store.commit(what === 'properties' ? FORCE : 0, callback);
  });
}

/** Lets `work` have a store that is opened for it, as it is now. */
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
