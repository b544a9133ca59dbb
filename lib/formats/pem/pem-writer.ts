/**
 * A block of PEM (RFC 7468), with a line end at the end.
 *
 * @param label 'CERTIFICATE', 'CERTIFICATE REQUEST', …
 */
export function toPem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
