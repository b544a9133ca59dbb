import type { X509Certificate } from 'node:crypto';
import { certificateOf } from '../../formats/pem/certificate-of.js';

/** The certificate of DER bytes; null for what OpenSSL cannot read though Windows could. */
export function parseCertificate(der: Uint8Array | undefined): X509Certificate | null {
  if (der === undefined) return null;
  try {
    return certificateOf(der);
  } catch {
    return null;
  }
}
