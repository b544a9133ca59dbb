import { SchannelError } from '../../base/errors/schannel-error.js';
import { capabilitiesOf } from '../../native/capabilities.js';
import type { NativeCertificate, NativeStore } from '../../native/store-binding.js';
import { Certificate, type CertificateHome } from './certificate.js';
import { PROPERTY, writeProperty } from './properties.js';
import type { Remembered } from './snapshot.js';
import type { StoreSystem } from './store-access.js';
import { StoreWatcher, type WatchOptions } from './watch.js';

/** What a CertificateStore gives its watchers access to. */
export interface WatchableStore {
  readonly native: NativeStore;
  readonly path: string;
  readonly watchers: Set<{ end(): void }>;
  list(): Promise<readonly NativeCertificate[]>;
  give(certificate: NativeCertificate): Certificate;
}

/** @throws TypeError, RangeError for wrong options */
export function watchStore(
  system: Pick<StoreSystem, 'createCertificate' | 'platform'>,
  store: WatchableStore,
  options?: WatchOptions,
): StoreWatcher<Certificate> {
  const notified = capabilitiesOf(system.platform).storeNotifications;
  const copy = (remembered: Remembered): Promise<Certificate> =>
    copyOfRemoved(system, remembered, store.path);
  return new StoreWatcher({ ...store, notified, copy }, options);
}

/** A certificate in memory that still knows its store. */
async function copyOfRemoved(
  system: Pick<StoreSystem, 'createCertificate'>,
  { encoded, friendlyName }: Remembered,
  path: string,
): Promise<Certificate> {
  const certificate = system.createCertificate(encoded);
  try {
    if (friendlyName !== null) await writeProperty(certificate, PROPERTY.friendlyName, friendlyName);
    return new Certificate(certificate, formerHome(path));
  } catch (error) {
    certificate.close();
    throw error;
  }
}

const formerHome = (path: string): CertificateHome => ({
  path,
  forget: () => undefined,
  change: ({ thumbprint }) =>
    Promise.reject(
      new SchannelError(
        'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND',
        `The certificate ${thumbprint} is no longer in ${path}`,
        { phase: 'store' },
      ),
    ),
});
