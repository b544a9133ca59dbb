import { createHash, createPrivateKey } from 'node:crypto';
import type { IdentityMaterial } from '#lib/windows/temporary-identity/material.js';
import { derOf } from './key-material.js';

/** What an identity is made of, as text: another process can be given it. */
export interface MaterialText {
  /** PEM (PKCS #8). */
  readonly key: string;
  /** PEM: the leaf, and its issuers without the root. */
  readonly certificates: readonly string[];
}

/** @param variant what makes it another identity than that of the same text: Windows does not mind */
export function materialOf({ key, certificates }: MaterialText, variant = ''): IdentityMaterial {
  const [certificate, ...chain] = certificates.map(derOf);
  if (certificate === undefined) throw new RangeError('an identity needs a certificate');
  const hash = createHash('sha256').update(certificates.join()).update(variant).digest('hex');
  return { hash, certificate, chain, key: createPrivateKey(key) };
}
