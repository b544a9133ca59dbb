import type { KeyObject } from 'node:crypto';

import type { NativeCertificate } from '../../native/store-binding.js';

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

/** A certificate that Windows can use, since it knows where the private key is. */
export interface LiveIdentity {
  readonly certificate: NativeCertificate;
}
