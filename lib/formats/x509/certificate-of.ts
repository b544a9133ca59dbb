import { X509Certificate } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { damagedFile } from '../asn1/damaged-file.js';
import { findSpan, MalformedDer } from '../asn1/der-spans.js';
import { toPem } from '../pem/pem-writer.js';

/**
 * The certificate (DER) at the start of the bytes. What follows it is ignored, as OpenSSL does.
 *
 * `new X509Certificate(bytes)` first searches for PEM anywhere in the bytes, and uses what it finds. An attacker whose
 * certificate contains a few lines of their choice (in a name, an extension, even the modulus of a key) could pass as
 * anybody. When the certificate is passed as PEM, it is itself the first block.
 *
 * @throws Error of OpenSSL for what is no certificate
 */
export const certificateOf = (der: Uint8Array): X509Certificate =>
  new X509Certificate(pemOfCertificate(findSpan(der)?.raw ?? der));

/** The same; null for what OpenSSL cannot read, though Windows may. */
export function parseCertificate(der: Uint8Array | undefined): X509Certificate | null {
  if (der === undefined) return null;
  try {
    return certificateOf(der);
  } catch {
    return null;
  }
}

/** The same, of a file. @throws SchannelError ERR_SCHANNEL_IMPORT_DAMAGED for what OpenSSL cannot read */
export function certificateInFile(der: Uint8Array): X509Certificate {
  try {
    return certificateOf(der);
  } catch (cause) {
    throw damagedFile('a certificate that cannot be read', cause);
  }
}

export const pemOfCertificate = (der: Uint8Array): string => toPem('CERTIFICATE', der);

/** ERR_SCHANNEL_OPTION_CERTIFICATE */
export const unreadable = (cause?: unknown): SchannelError =>
  new SchannelError('ERR_SCHANNEL_OPTION_CERTIFICATE', 'The certificate cannot be read', {
    phase: 'store',
    advice: 'Give DER, or PEM with the line "-----BEGIN CERTIFICATE-----".',
    ...(cause !== undefined && { cause }),
  });

/** Reads a part of a certificate. @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE where its DER is malformed */
export function readable<Part>(read: () => Part): Part {
  try {
    return read();
  } catch (cause) {
    throw cause instanceof MalformedDer ? unreadable(cause) : cause;
  }
}
