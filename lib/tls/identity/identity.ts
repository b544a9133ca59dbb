import type { KeySet } from '../../windows/temporary-identity/key-set.js';
import type { IdentityMaterial } from '../../windows/temporary-identity/material.js';
import type { NamedOrStored } from './choice.js';
import type { ParsedSearch } from './search.js';
import type { CertificateSelector } from './selector.js';

/** What a program shows to its peers, as its options say. Nothing of it is open in Windows. */
export type Identity = FixedIdentity | { readonly kind: 'search'; readonly search: ParsedSearch };

/** Every identity but a search, which has to be looked up first. */
export type FixedIdentity =
  /** `lacks`: what is missing beside a `cert` or a `key` that was given. */
  | { readonly kind: 'none'; readonly lacks: 'cert' | 'key' | null }
  | { readonly kind: 'files'; readonly materials: readonly IdentityMaterial[]; readonly keySet: KeySet }
  | { readonly kind: 'certificate'; readonly certificate: NamedOrStored }
  | { readonly kind: 'selector'; readonly select: CertificateSelector };
