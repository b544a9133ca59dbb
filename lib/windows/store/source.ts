import { X509Certificate } from 'node:crypto';
import { unreadable } from '../../formats/x509/certificate-of.js';
import { invalidType } from '../../base/errors/argument-error.js';
import { errorFromNative } from '../../base/errors/from-status.js';
import { callNative } from '../../native/promises.js';
import type { NativeCertificate, NativeKeyLocation, NativeStore } from '../../native/store-binding.js';
import { readBundle } from '../../formats/x509/bundle.js';
import { Certificate } from './certificate.js';
import {
  isSameLocation,
  PROPERTY,
  readKeyLocation,
  readText,
  writeKeyLocation,
  writeText,
} from './properties.js';
import type { StoreSystem } from './store-access.js';

/** A certificate, or what it is read from: DER, PEM (its first certificate), an X509Certificate. */
export type CertificateSource = Certificate | Uint8Array | string | X509Certificate;

/** Properties that a certificate gets before it is added to a store. */
export interface GivenProperties {
  readonly friendlyName?: string;
  readonly keyLocation?: NativeKeyLocation;
}

/**
 * The certificate in memory, with its own properties and the given ones. The caller closes it. Wine keeps only
 * properties that are set before a certificate is added.
 *
 * @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE
 */
export async function prepareCertificate(
  system: Pick<StoreSystem, 'openStore' | 'createCertificate'>,
  source: CertificateSource,
  { friendlyName, keyLocation }: GivenProperties,
): Promise<NativeCertificate> {
  const certificate =
    source instanceof Certificate ? await copyOf(system, source.native) : decode(system, source);
  try {
    if (friendlyName !== undefined) await writeText(certificate, PROPERTY.friendlyName, friendlyName);
    if (keyLocation !== undefined) await writeKeyLocation(certificate, keyLocation);
    return certificate;
  } catch (error) {
    certificate.close();
    throw error;
  }
}

/** Properties that a certificate brings along; null for a missing one. */
export interface CarriedProperties {
  readonly friendlyName: string | null;
  readonly keyLocation: NativeKeyLocation | null;
}

export const carriedProperties = (certificate: NativeCertificate): CarriedProperties => ({
  friendlyName: readText(certificate, PROPERTY.friendlyName),
  keyLocation: readKeyLocation(certificate),
});

/**
 * Restores the name and the key that a certificate brought along, after it inherited properties from the one that it
 * replaced. If both have one, Wine keeps the older, even in the certificate that was added; for Windows it is not
 * documented.
 *
 * @returns whether anything was changed
 */
export async function restoreProperties(
  { friendlyName, keyLocation }: CarriedProperties,
  certificate: NativeCertificate,
): Promise<boolean> {
  const present = carriedProperties(certificate);
  const isNamed = friendlyName === null || friendlyName === present.friendlyName;
  const isTied = keyLocation === null || isSameLocation(keyLocation, present.keyLocation);
  if (!isNamed) await writeText(certificate, PROPERTY.friendlyName, friendlyName);
  if (!isTied) await writeKeyLocation(certificate, keyLocation);
  return !isNamed || !isTied;
}

/** CERT_STORE_PROV_MEMORY and CERT_STORE_CREATE_NEW_FLAG. */
const MEMORY = { provider: 2, flags: 0x2000, name: '' } as const;
/** CERT_STORE_ADD_ALWAYS */
const ADD_ALWAYS = 4;

/** A certificate in memory with the properties of another. */
async function copyOf(
  system: Pick<StoreSystem, 'openStore'>,
  certificate: NativeCertificate,
): Promise<NativeCertificate> {
  const operation = { phase: 'store', text: 'The certificate could not be copied' } as const;
  const store = await callNative<NativeStore>(operation, (callback) => {
    system.openStore(MEMORY, callback);
  });
  try {
    return await callNative(operation, (callback) => {
      store.add(certificate, ADD_ALWAYS, callback);
    });
  } finally {
    store.close();
  }
}

function decode(
  system: Pick<StoreSystem, 'createCertificate'>,
  source: Uint8Array | string | X509Certificate,
): NativeCertificate {
  const der = derOf(source);
  try {
    return system.createCertificate(der);
  } catch (thrown) {
    const cause = errorFromNative(thrown, 'store');
    throw cause === thrown ? thrown : unreadable(cause);
  }
}

function derOf(source: unknown): Uint8Array {
  if (source instanceof X509Certificate) return source.raw;
  // DER starts with 0x30. A PEM file may have text before its first line.
  if (source instanceof Uint8Array && source[0] === 0x30) return source;
  if (typeof source !== 'string' && !(source instanceof Uint8Array)) {
    throw invalidType('certificate', 'a Certificate, an X509Certificate, PEM or DER', source);
  }
  const [certificate] = certificatesIn(source);
  if (certificate === undefined) throw unreadable();
  return certificate;
}

function certificatesIn(source: string | Uint8Array): readonly Uint8Array[] {
  try {
    return readBundle(source).certificates;
  } catch (cause) {
    throw unreadable(cause);
  }
}
