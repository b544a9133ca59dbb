import { createHash } from 'node:crypto';

import type { Lease } from '../../base/async/lease-cache.js';
import { native } from '../../native/load.js';
import type { NativeCertificate, NativeStores } from '../../native/store-binding.js';
import { certificateWithKey } from '../../windows/key/certificate-with-key.js';
import { giveWindow } from '../../windows/key/give-window.js';
import {
  temporaryIdentities,
  type TemporaryIdentities,
} from '../../windows/temporary-identity/temporary-identities.js';
import { findStored, type NamedOrStored, type StoredIdentity } from '../identity/choice.js';
import type { FixedIdentity } from '../identity/identity.js';
import type { CertificateSelector } from '../identity/selector.js';

/** Where the certificates of a credential come from. None of them is open yet. */
export interface IdentitySource {
  /** Different for each identity: credentials are shared by it. */
  readonly key: string;
  open(): Promise<OpenIdentity>;
}

/** Certificates that Windows can use, for as long as a credential has them. */
export interface OpenIdentity {
  /** At most one for each type of key; empty for {@link ANONYMOUS}. */
  readonly certificates: readonly NativeCertificate[];
  /** Call it after the credential was given back. */
  close(): void;
}

/** What a source opens its certificates with. */
export interface SourceDependencies {
  readonly stores: Pick<NativeStores, 'createCertificate' | 'acquireKey'>;
  readonly temporary: () => Pick<TemporaryIdentities, 'lease'>;
  readonly find: (name: string) => Promise<StoredIdentity>;
}

/** No certificate: a peer that asks for one gets none. */
export const ANONYMOUS: IdentitySource = {
  key: '',
  open: () => Promise.resolve({ certificates: [], close: () => undefined }),
};

/**
 * The source of an identity; equal identities have sources with equal keys.
 * @param window HWND of the window that owns dialogs; 0 = none. Sources with different ones have equal keys
 */
export function sourceOf(
  identity: FixedIdentity,
  window = 0,
  windows: SourceDependencies = { stores: native(), temporary: temporaryIdentities, find: findStored },
): IdentitySource {
  switch (identity.kind) {
    case 'none':
      return ANONYMOUS;
    case 'files':
      return filesSource(identity, windows);
    case 'certificate':
      return certificateSource(identity.certificate, window, windows);
    case 'selector':
      return selectorSource(identity.select);
  }
}

/** Identities from files, whose keys are in Windows as long as this is open. */
function filesSource(
  { materials, keySet }: Extract<FixedIdentity, { kind: 'files' }>,
  { temporary }: SourceDependencies,
): IdentitySource {
  return {
    key: `files ${keySet} ${materials.map(({ hash }) => hash).join()}`,
    open: async () => {
      const leases: Lease<{ readonly certificate: NativeCertificate }>[] = [];
      const close = (): void => {
        for (const lease of leases) lease.release();
      };
      try {
        for (const material of materials) leases.push(await temporary().lease(material, { keySet }));
      } catch (error) {
        close();
        throw error;
      }
      return { certificates: leases.map(({ resource }) => resource.certificate), close };
    },
  };
}

/**
 * A certificate with its key in Windows, where both stay. If it is given by name, it is looked up on first use, and the
 * credential keeps what was found.
 */
function certificateSource(
  certificate: NamedOrStored,
  window: number,
  { stores, find }: SourceDependencies,
): IdentitySource {
  const open = async ({ certificate: der, location }: StoredIdentity): Promise<OpenIdentity> => {
    const opened = await certificateWithKey(stores, der, location);
    const close = (): void => opened.close();
    try {
      if (window !== 0) await giveWindow(stores, opened, location, window);
    } catch (error) {
      close();
      throw error;
    }
    return { certificates: [opened], close };
  };
  if ('name' in certificate) {
    const { name } = certificate;
    return { key: `named ${name.toUpperCase()}`, open: async () => open(await find(name)) };
  }
  const { stored } = certificate;
  const { provider, providerType, container, flags, keySpec } = stored.location;
  const place = JSON.stringify([provider, providerType, container, flags, keySpec]);
  const hash = createHash('sha256').update(stored.certificate).digest('hex');
  return { key: `stored ${hash} ${place}`, open: () => open(stored) };
}

const selectorSources = new WeakMap<CertificateSelector, IdentitySource>();
let selectorCount = 0;

/**
 * No certificate until the function has chosen one, but a separate credential. Windows may resume its sessions with the
 * chosen certificate, and a connection that shows nothing must not get such a session.
 */
function selectorSource(select: CertificateSelector): IdentitySource {
  const source = selectorSources.get(select) ?? { ...ANONYMOUS, key: `chosen by ${++selectorCount}` };
  selectorSources.set(select, source);
  return source;
}
