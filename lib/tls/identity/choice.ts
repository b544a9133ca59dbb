import { invalidType } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import type { NativeKeyLocation } from '../../native/store-binding.js';
import { findCertificate } from '../../windows/store/find-certificate.js';
import { parseReference } from '../../windows/store/reference.js';

/** A certificate with its key's place, such as a Certificate of schannel/store; it may be closed meanwhile. */
export interface CertificateWithKey {
  /** DER. */
  readonly raw: Uint8Array;
  readonly keyLocation: NativeKeyLocation | null;
}

/** A certificate of Windows: itself, or 'CurrentUser\\MY\\<thumbprint>', or only its thumbprint. */
export type CertificateChoice = CertificateWithKey | string;

/** A certificate of Windows and the place of its key: all that a credential needs of it. */
export interface StoredIdentity {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly location: NativeKeyLocation;
}

/** A certificate of Windows, checked: the certificate itself, or the name to look up. */
export type NamedOrStored = { readonly stored: StoredIdentity } | { readonly name: string };

/**
 * A certificate of Windows, given as an option or by a selector.
 * @throws TypeError ERR_INVALID_ARG_TYPE; SchannelError ERR_SCHANNEL_STORE_NAME, ERR_SCHANNEL_KEY_MISSING
 */
export function parseChoice(choice: unknown): NamedOrStored {
  if (typeof choice === 'string') {
    parseReference(choice);
    return { name: choice };
  }
  if (!isCertificateWithKey(choice)) {
    const expected = 'a certificate of schannel/store, its reference or thumbprint, or a function';
    throw invalidType('options.certificate', expected, choice);
  }
  return { stored: storedOf(choice) };
}

/** @throws SchannelError ERR_SCHANNEL_KEY_MISSING */
export function storedOf({ raw, keyLocation }: CertificateWithKey): StoredIdentity {
  if (keyLocation !== null) return { certificate: Uint8Array.from(raw), location: keyLocation };
  throw new SchannelError('ERR_SCHANNEL_KEY_MISSING', 'The certificate has no private key', {
    phase: 'credential',
    advice: 'Import it again from a PFX; "schannel cert ls" shows which certificates have one.',
  });
}

/**
 * The certificate of this reference or thumbprint, with the place of its key.
 * @throws SchannelError ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND, ERR_SCHANNEL_STORE_…, ERR_SCHANNEL_KEY_MISSING
 */
export async function findStored(name: string): Promise<StoredIdentity> {
  const certificate = await findCertificate(name);
  try {
    return storedOf(certificate);
  } finally {
    certificate.close();
  }
}

function isCertificateWithKey(choice: unknown): choice is CertificateWithKey {
  if (typeof choice !== 'object' || choice === null || !('raw' in choice)) return false;
  return choice.raw instanceof Uint8Array && 'keyLocation' in choice;
}
