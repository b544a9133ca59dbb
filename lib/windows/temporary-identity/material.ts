import type { KeyObject } from 'node:crypto';

/** A certificate with its private key and issuers, as it came from files: all that an identity is made of. */
export interface IdentityMaterial {
  /** SHA-256 of the certificates, hexadecimal. The leaf's public key stands for the private one. */
  readonly hash: string;
  /** DER of the leaf. */
  readonly certificate: Uint8Array;
  /** DER of the intermediates, the leaf's issuer first; no root. */
  readonly chain: readonly Uint8Array[];
  readonly key: KeyObject;
}
