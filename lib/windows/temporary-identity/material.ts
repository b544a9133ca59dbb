import type { KeyObject } from 'node:crypto';

/** A certificate with its private key and its issuers, as read from files. */
export interface IdentityMaterial {
  /** SHA-256 of the certificates, hexadecimal. The private key is covered by the leaf's public key. */
  readonly hash: string;
  /** DER of the leaf. */
  readonly certificate: Uint8Array;
  /** DER of the intermediates, the leaf's issuer first; no root. */
  readonly chain: readonly Uint8Array[];
  readonly key: KeyObject;
}
