import { argumentError } from '../../base/errors/argument-error.js';
import { parseKeySet, type KeySet } from '../../windows/temporary-identity/key-set.js';
import { parseChoice, type CertificateChoice } from '../identity/choice.js';
import type { Identity } from '../identity/identity.js';
import { isSearch, parseSearch, type CertificateSearch } from '../identity/search.js';
import type { CertificateSelector } from '../identity/selector.js';
import { parseIdentityOptions, type IdentityOptions } from './identity-options.js';

/** All options for one's own certificate, from files or from Windows. */
export interface CertificateOptions extends IdentityOptions {
  /**
   * A certificate of Windows to show when the server asks for one, or a function that chooses it then, or what to look
   * for in a store. With the latter, a Server follows the store, and other connections look it up each time. Default
   * none. Not together with `cert`, `key` and `pfx`.
   */
  readonly certificate?: CertificateChoice | CertificateSelector | CertificateSearch | null | undefined;
  /**
   * Where Windows keeps the keys of `key` and `pfx` while they are in use: with the keys of this account, or with those
   * of the machine. The latter is for accounts without a loaded profile (IIS without LoadUserProfile, some scheduled
   * tasks). Default 'user'.
   */
  readonly temporaryKeys?: KeySet | null | undefined;
}

/**
 * @param known DER of the authorities of `ca`
 * @returns the identity, and the authorities that came with PFX files
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 * @throws SchannelError ERR_SCHANNEL_IMPORT_…, ERR_SCHANNEL_KEY_MISMATCH, ERR_SCHANNEL_KEY_MISSING,
 *   ERR_SCHANNEL_STORE_NAME
 */
export function parseIdentity(
  options: CertificateOptions,
  known: readonly Uint8Array[] = [],
): { readonly identity: Identity; readonly authorities: readonly Uint8Array[] } {
  const { certificate } = options;
  const { materials, authorities, lacks } = parseIdentityOptions(options, known);
  const keySet = parseKeySet(options.temporaryKeys);
  if (certificate === undefined || certificate === null) {
    const identity: Identity =
      materials.length === 0 ? { kind: 'none', lacks } : { kind: 'files', materials, keySet };
    return { identity, authorities };
  }
  if (materials.length > 0 || lacks !== null) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      "The property 'options.certificate' is one identity, and 'cert', 'key' or 'pfx' another. Give one of them",
    );
  }
  return { identity: identityOf(certificate), authorities };
}

function identityOf(certificate: NonNullable<CertificateOptions['certificate']>): Identity {
  if (typeof certificate === 'function') return { kind: 'selector', select: certificate };
  if (isSearch(certificate)) return { kind: 'search', search: parseSearch(certificate) };
  return { kind: 'certificate', certificate: parseChoice(certificate) };
}
