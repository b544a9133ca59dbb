import { createHash } from 'node:crypto';

import type { Lease } from '../../base/async/lease-cache.js';
import { callNativeVoid } from '../../native/promises.js';
import type { NativeCertificate, NativeKeyLocation, NativeStores } from '../../native/store-binding.js';
import type { KeySet } from '../../windows/temporary-identity/key-set.js';
import type { IdentityMaterial, LiveIdentity } from '../../windows/temporary-identity/material.js';

/** Who a credential is for: where its certificates come from, none of them open yet. */
export interface IdentitySource {
  /** Tells it from every other source: credentials are shared by it. */
  readonly key: string;
  open(): Promise<OpenIdentity>;
}

/** Certificates that Windows can use, for as long as a credential has them. */
export interface OpenIdentity {
  /** At most one for each type of key; empty: nobody in particular. */
  readonly certificates: readonly NativeCertificate[];
  /** After the credential is given back. */
  close(): Promise<void>;
}

/** Where a certificate is kept, and its key: all that Windows has to know of an identity that is its own. */
export interface StoredIdentity {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly location: NativeKeyLocation;
}

/** What {@link temporarySource} needs of TemporaryIdentities. */
export interface IdentityLeases {
  lease(material: IdentityMaterial, options: { readonly keySet: KeySet }): Promise<Lease<LiveIdentity>>;
}

/** Nobody: the peer that asks for a certificate gets none. */
export const ANONYMOUS: IdentitySource = {
  key: '',
  open: () => Promise.resolve({ certificates: [], close: () => Promise.resolve() }),
};

/** Identities from files, whose keys are in Windows as long as this is open. */
export function temporarySource(
  materials: readonly IdentityMaterial[],
  keySet: KeySet,
  temporary: IdentityLeases,
): IdentitySource {
  return {
    key: `files ${keySet} ${materials.map(({ hash }) => hash).join()}`,
    open: async () => {
      const leases: Lease<LiveIdentity>[] = [];
      const close = (): Promise<void> => {
        for (const lease of leases) lease.release();
        return Promise.resolve();
      };
      try {
        for (const material of materials) leases.push(await temporary.lease(material, { keySet }));
      } catch (error) {
        await close();
        throw error;
      }
      return { certificates: leases.map(({ resource }) => resource.certificate), close };
    },
  };
}

/** A certificate whose key is in Windows already, and stays there. */
export function storedSource(
  stored: StoredIdentity,
  stores: Pick<NativeStores, 'createCertificate'>,
): IdentitySource {
  const { provider, providerType, container, flags, keySpec } = stored.location;
  const place = JSON.stringify([provider, providerType, container, flags, keySpec]);
  return {
    key: `stored ${createHash('sha256').update(stored.certificate).digest('hex')} ${place}`,
    open: () => openStored(stored, stores),
  };
}

/** A certificate that is looked up when it is first needed; what is found stays while a credential has it. */
export function namedSource(
  name: string,
  find: (name: string) => Promise<StoredIdentity>,
  stores: Pick<NativeStores, 'createCertificate'>,
): IdentitySource {
  return {
    key: `named ${name.toUpperCase()}`,
    open: async () => openStored(await find(name), stores),
  };
}

async function openStored(
  { certificate, location }: StoredIdentity,
  stores: Pick<NativeStores, 'createCertificate'>,
): Promise<OpenIdentity> {
  const native = stores.createCertificate(certificate);
  const close = (): Promise<void> => {
    native.close();
    return Promise.resolve();
  };
  try {
    await callNativeVoid(
      { phase: 'key', text: 'The certificate could not be given its private key' },
      (callback) => {
        native.setKeyLocation(location, callback);
      },
    );
  } catch (error) {
    await close();
    throw error;
  }
  return { certificates: [native], close };
}
