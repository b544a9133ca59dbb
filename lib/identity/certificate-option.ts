import { argumentError, invalidType } from '../errors/argument-error.js';
import { SchannelError } from '../errors/schannel-error.js';
import { parseReference } from '../store/reference.js';
import type { StoredIdentity } from './identity-source.js';
import type { IdentityMaterial } from './material.js';
import { parseIdentityOptions, type IdentityOptions, type ParsedIdentities } from './options.js';
import type { CertificateChoice, CertificateSelector, CertificateWithKey } from './selector.js';

/** All the options that say who a client is. */
export interface ClientIdentityOptions extends IdentityOptions {
  /**
   * A certificate of Windows that is shown to a server that asks, or a function that chooses one then. Default none. Not
   * beside `cert`, `key` and `pfx`.
   */
  readonly certificate?: CertificateChoice | CertificateSelector | null | undefined;
}

/** A certificate of Windows, checked: what can be had at once, or the name to look up. */
export type NamedOrStored = { readonly stored: StoredIdentity } | { readonly name: string };

/** Who a client is, by its options; nothing of it is open in Windows. */
export type ClientIdentity =
  | { readonly kind: 'none'; readonly lacks: ParsedIdentities['lacks'] }
  | { readonly kind: 'files'; readonly materials: readonly IdentityMaterial[] }
  | { readonly kind: 'certificate'; readonly certificate: NamedOrStored }
  | { readonly kind: 'selector'; readonly select: CertificateSelector };

/**
 * @returns the identity, and the authorities that came with PFX files
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 * @throws SchannelError ERR_SCHANNEL_IMPORT_…, ERR_SCHANNEL_KEY_MISMATCH, ERR_SCHANNEL_KEY_MISSING,
 *   ERR_SCHANNEL_STORE_NAME
 */
export function parseClientIdentity(options: ClientIdentityOptions): {
  readonly identity: ClientIdentity;
  readonly authorities: readonly Uint8Array[];
} {
  const { certificate } = options;
  const { identities, authorities, lacks } = parseIdentityOptions(options);
  if (certificate === undefined || certificate === null) {
    const identity: ClientIdentity =
      identities.length === 0 ? { kind: 'none', lacks } : { kind: 'files', materials: identities };
    return { identity, authorities };
  }
  if (identities.length > 0 || lacks !== null) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      "The property 'options.certificate' is one identity, and 'cert', 'key' or 'pfx' another. Give one of them",
    );
  }
  const identity: ClientIdentity =
    typeof certificate === 'function'
      ? { kind: 'selector', select: certificate }
      : { kind: 'certificate', certificate: parseChoice(certificate) };
  return { identity, authorities };
}

/** A certificate of Windows, given as an option or by a selector. @throws as {@link parseClientIdentity} */
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
    advice: 'Import it again from a PFX; "schannel cert ls" tells which certificates have one.',
  });
}

function isCertificateWithKey(choice: unknown): choice is CertificateWithKey {
  if (typeof choice !== 'object' || choice === null || !('raw' in choice)) return false;
  return choice.raw instanceof Uint8Array && 'keyLocation' in choice;
}
