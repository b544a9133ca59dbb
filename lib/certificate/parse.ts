import { X509Certificate } from 'node:crypto';

/** The certificate of DER bytes; null for what OpenSSL cannot read though Windows could. */
export function parseCertificate(der: Uint8Array | undefined): X509Certificate | null {
  if (der === undefined) return null;
  try {
    return new X509Certificate(der);
  } catch {
    return null;
  }
}
