import { argumentError } from '../../base/errors/argument-error.js';
import { parseChoice, type CertificateChoice, type NamedOrStored } from './choice.js';
import { type KeySet, parseKeySet } from '../../windows/temporary-identity/key-set.js';
import type { IdentityMaterial } from '../../windows/temporary-identity/material.js';
import { parseIdentityOptions, type IdentityOptions, type ParsedIdentities } from './options.js';
import { isSearch, parseSearch, type CertificateSearch, type ParsedSearch } from './search.js';
import type { CertificateSelector } from './selector.js';

/** All the options that say who a client is. */
export interface ClientIdentityOptions extends IdentityOptions {
  /**
   * A certificate of Windows that is shown to a server that asks, or a function that chooses one then. Default none. Not
   * beside `cert`, `key` and `pfx`. Or what to look for in a store: a Server then follows the store, others look for
   * each connection.
   */
  readonly certificate?: CertificateChoice | CertificateSelector | CertificateSearch | null | undefined;
  /**
   * Where Windows has the keys of `key` and `pfx` while they are in use: among those of this account, or of the machine for an
   * account whose profile is not loaded (IIS without LoadUserProfile, some scheduled tasks). Default 'user'.
   */
  readonly temporaryKeys?: KeySet | null | undefined;
}

/** Who a client is, by its options; nothing of it is open in Windows. */
export type ClientIdentity =
  | { readonly kind: 'none'; readonly lacks: ParsedIdentities['lacks'] }
  | { readonly kind: 'files'; readonly materials: readonly IdentityMaterial[]; readonly keySet: KeySet }
  | { readonly kind: 'certificate'; readonly certificate: NamedOrStored }
  | { readonly kind: 'selector'; readonly select: CertificateSelector }
  | { readonly kind: 'search'; readonly search: ParsedSearch };

/** One that need not be looked for. */
export type KnownIdentity = Exclude<ClientIdentity, { readonly kind: 'search' }>;

/**
 * @param known DER of the authorities of `ca`
 * @returns the identity, and the authorities that came with PFX files
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 * @throws SchannelError ERR_SCHANNEL_IMPORT_…, ERR_SCHANNEL_KEY_MISMATCH, ERR_SCHANNEL_KEY_MISSING,
 *   ERR_SCHANNEL_STORE_NAME
 */
export function parseClientIdentity(
  options: ClientIdentityOptions,
  known: readonly Uint8Array[] = [],
): {
  readonly identity: ClientIdentity;
  readonly authorities: readonly Uint8Array[];
} {
  const { certificate } = options;
  const { identities, authorities, lacks } = parseIdentityOptions(options, known);
  const keySet = parseKeySet(options.temporaryKeys);
  if (certificate === undefined || certificate === null) {
    const identity: ClientIdentity =
      identities.length === 0 ? { kind: 'none', lacks } : { kind: 'files', materials: identities, keySet };
    return { identity, authorities };
  }
  if (identities.length > 0 || lacks !== null) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      "The property 'options.certificate' is one identity, and 'cert', 'key' or 'pfx' another. Give one of them",
    );
  }
  return { identity: identityOf(certificate), authorities };
}

function identityOf(certificate: NonNullable<ClientIdentityOptions['certificate']>): ClientIdentity {
  if (typeof certificate === 'function') return { kind: 'selector', select: certificate };
  if (isSearch(certificate)) return { kind: 'search', search: parseSearch(certificate) };
  return { kind: 'certificate', certificate: parseChoice(certificate) };
}
