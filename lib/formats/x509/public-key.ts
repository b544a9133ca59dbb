import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { certificateOf } from './certificate-of.js';

/** SubjectPublicKeyInfo (DER) of a key, or of the public half of a private key. */
export function publicKeyDer(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ format: 'der', type: 'spki' });
}

/** Whether a certificate belongs to a key: whether their public keys are equal. */
export function isCertificateOf(certificate: X509Certificate | Uint8Array, key: KeyObject): boolean {
  const parsed = certificate instanceof X509Certificate ? certificate : certificateOf(certificate);
  return publicKeyDer(parsed.publicKey).equals(publicKeyDer(key));
}
