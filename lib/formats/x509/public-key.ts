import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { certificateOf } from './certificate-of.js';

/** SubjectPublicKeyInfo (DER) of a key; of a private key that of its public half. */
export function publicKeyDer(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ format: 'der', type: 'spki' });
}

/** Whether a certificate belongs to a key: whether their public keys are one, whatever names the two have. */
export function isCertificateOf(certificate: X509Certificate | Uint8Array, key: KeyObject): boolean {
  const parsed = certificate instanceof X509Certificate ? certificate : certificateOf(certificate);
  return publicKeyDer(parsed.publicKey).equals(publicKeyDer(key));
}
