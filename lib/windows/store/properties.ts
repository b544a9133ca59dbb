import { errorFromNative } from '../../base/errors/from-status.js';
import { callNativeVoid } from '../../native/promises.js';
import type { NativeCertificate, NativeKeyLocation } from '../../native/store-binding.js';

/** Properties that Windows keeps with a certificate (CERT_*_PROP_ID). */
export const PROPERTY = {
  /** Extended key usage set by an administrator, encoded as the extension. */
  enhancedKeyUsage: 9,
  friendlyName: 11,
  /** Only its presence counts. */
  archived: 19,
} as const;

/**
 * Properties of ours. Any program may use the numbers from CERT_FIRST_USER_PROP_ID 0x8000 to 0xBFFF (wincrypt.h), so
 * another one may have used the same number: a value can be anything.
 */
export const OWN_PROPERTY = {
  /** Which processes published an authority for a while. */
  owners: 0x9c5a,
  /** The request that an entry of REQUEST waits for. */
  request: 0x9c5b,
  /** The certificate that a pending request will replace. */
  renews: 0x9c5c,
  /** Where a pending request was sent. */
  submission: 0x9c5d,
  /** Which manager of certificates placed an entry. */
  acmeManager: 0x9c5e,
} as const;

/** The octets of a property; null when there is none. @throws SchannelError */
export const readProperty = (certificate: NativeCertificate, id: number): Uint8Array | null =>
  guarded(() => certificate.property(id));

export const readKeyLocation = (certificate: NativeCertificate): NativeKeyLocation | null =>
  guarded(() => certificate.keyLocation());

/** Whether two certificates name the same key. */
export const isSameLocation = (one: NativeKeyLocation | null, other: NativeKeyLocation | null): boolean =>
  one?.container === other?.container && one?.provider === other?.provider && one?.flags === other?.flags;

/** Calls a native function that throws on failure. */
function guarded<Value>(call: () => Value): Value {
  try {
    return call();
  } catch (thrown) {
    throw errorFromNative(thrown, 'store');
  }
}

/** A text property: UTF-16 with a NUL at the end, which is not part of the text. */
export function readText(certificate: NativeCertificate, id: number): string | null {
  const octets = readProperty(certificate, id);
  if (octets === null) return null;
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
    .toString('utf16le')
    .replace(/\0[\s\S]*$/, '');
}

export const writeText = (certificate: NativeCertificate, id: number, text: string | null): Promise<void> =>
  writeProperty(certificate, id, text === null ? null : Buffer.from(`${text}\0`, 'utf16le'));

/** @param value null removes the property */
export const writeProperty = (
  certificate: NativeCertificate,
  id: number,
  value: Uint8Array | null,
): Promise<void> =>
  callNativeVoid({ phase: 'store', text: 'The certificate could not be changed' }, (callback) => {
    certificate.setProperty(id, value, callback);
  });

export const writeKeyLocation = (
  certificate: NativeCertificate,
  location: NativeKeyLocation | null,
): Promise<void> =>
  callNativeVoid(
    { phase: 'store', text: 'The certificate could not be linked to its private key' },
    (callback) => {
      certificate.setKeyLocation(location, callback);
    },
  );
