import { createHash, hash } from 'node:crypto';
import type { NativeCertificate } from '../../native/store-binding.js';
import { PROPERTY, readKeyLocation, readProperty } from './properties.js';

/** What is remembered of a certificate in a store. */
export interface Remembered {
  /** SHA-1, upper-case hexadecimal digits. */
  readonly thumbprint: string;
  /** DER. */
  readonly encoded: Uint8Array;
  /** The raw property; null if there is none. */
  readonly friendlyName: Uint8Array | null;
  /** Equal as long as nobody changes the properties of the certificate. */
  readonly fingerprint: string;
}

/** The certificates of a store at one moment, by thumbprint. */
export type Snapshot = ReadonlyMap<string, Remembered>;

/** The difference of two snapshots: thumbprints. */
export interface Difference {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** CERT_DESCRIPTION_PROP_ID and CERT_RENEWAL_PROP_ID. */
const DESCRIPTION = 13;
const RENEWAL = 64;

/** Properties that people and programs set. Those that crypt32 computes, or that hold handles, are left out. */
const COMPARED = [
  PROPERTY.enhancedKeyUsage,
  PROPERTY.friendlyName,
  DESCRIPTION,
  PROPERTY.archived,
  RENEWAL,
] as const;

/** A store may hold a certificate several times (CERT_STORE_ADD_ALWAYS): it counts once, with all its properties. */
export function snapshotOf(certificates: readonly NativeCertificate[]): Snapshot {
  const snapshot = new Map<string, Remembered>();
  for (const certificate of certificates) {
    const { encoded } = certificate;
    const thumbprint = thumbprintOf(encoded);
    const other = snapshot.get(thumbprint);
    const own = fingerprintOf(certificate);
    snapshot.set(thumbprint, {
      thumbprint,
      encoded,
      friendlyName: readProperty(certificate, PROPERTY.friendlyName),
      fingerprint: other === undefined ? own : together(other.fingerprint, own),
    });
  }
  return snapshot;
}

/** SHA-1 of the DER, as Windows writes it. */
export const thumbprintOf = (encoded: Uint8Array): string => hash('sha1', encoded).toUpperCase();

/** The order of a store means nothing. */
const together = (...fingerprints: string[]): string =>
  [...new Set(fingerprints.flatMap((each) => each.split(' ')))].sort().join(' ');

function fingerprintOf(certificate: NativeCertificate): string {
  const hash = createHash('sha256');
  for (const id of COMPARED) {
    const value = readProperty(certificate, id);
    // The length separates a property from the next one, and an empty one (ARCHIVED) from a missing one.
    hash.update(`${id}:${value === null ? '-' : value.length}:`);
    if (value !== null) hash.update(value);
  }
  const location = readKeyLocation(certificate);
  if (location !== null) {
    const { provider, providerType, container, keySpec, flags } = location;
    hash.update(JSON.stringify([provider, providerType, container, keySpec, flags]));
  }
  return hash.digest('base64');
}

export function differenceOf(before: Snapshot, after: Snapshot): Difference {
  const here = [...after.keys()];
  return {
    added: here.filter((thumbprint) => !before.has(thumbprint)),
    changed: here.filter((thumbprint) => {
      const then = before.get(thumbprint);
      return then !== undefined && then.fingerprint !== after.get(thumbprint)?.fingerprint;
    }),
    removed: [...before.keys()].filter((thumbprint) => !after.has(thumbprint)),
  };
}
