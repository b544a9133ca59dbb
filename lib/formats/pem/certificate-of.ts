import { X509Certificate } from 'node:crypto';
import { findSpan } from '../asn1/span.js';

/**
 * The certificate that the bytes begin with, as DER; what follows it is left alone, as OpenSSL does.
 *
 * `new X509Certificate(bytes)` looks for PEM first, anywhere in the bytes, and takes what it finds. Anyone who is issued a
 * certificate with a few lines of their choice in it (in a name, an extension, even the modulus of their key) could pass as
 * anybody. Written as PEM, the certificate itself is the first block there is.
 *
 * @throws Error of OpenSSL's for what is no certificate
 */
export const certificateOf = (der: Uint8Array): X509Certificate =>
  new X509Certificate(pemOfCertificate(findSpan(der)?.raw ?? der));

/** '-----BEGIN CERTIFICATE-----' and so on, with a line end at the end. */
export function pemOfCertificate(der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
