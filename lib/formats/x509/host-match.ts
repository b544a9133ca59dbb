import { domainToASCII } from 'node:url';
import type { CertificateContents } from './certificate-contents.js';

/**
 * Whether a certificate is for a host: by an alternative name, including wildcards, or by its common name if it has no
 * alternative names.
 *
 * @param host as {@link asciiName} gives it
 */
export function isForHost(
  { dnsNames, commonName }: Pick<CertificateContents, 'dnsNames' | 'commonName'>,
  host: string,
): boolean {
  if (dnsNames.length > 0) return dnsNames.some((pattern) => covers(asciiName(pattern), host));
  return commonName !== null && covers(asciiName(commonName), host);
}

/** In A-labels, lower case, without the final dot; '' for an invalid name. */
export function asciiName(text: string): string {
  const name = text.replace(/\.$/, '').toLowerCase();
  // domainToASCII() does not accept wildcards, and ASCII names don't need it.
  return /^[\x20-\x7e]*$/.test(name) ? name : domainToASCII(name);
}

/** A wildcard stands for one label, the first (RFC 9525 §6.3). */
function covers(pattern: string, wanted: string): boolean {
  if (pattern === wanted) return true;
  if (!pattern.startsWith('*.')) return false;
  const dot = wanted.indexOf('.');
  return dot > 0 && wanted.slice(dot) === pattern.slice(1);
}
