import { isIP } from 'node:net';

/**
 * The octets of an iPAddress (RFC 5280 §4.2.1.6) as text, IPv6 in the form of RFC 5952; hexadecimal for any other
 * length.
 */
export function formatAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  if (octets.length !== 16) return Buffer.from(octets).toString('hex');
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((octets[2 * index] ?? 0) << 8) | (octets[2 * index + 1] ?? 0)).toString(16),
  );
  return canonicalAddress(groups.join(':')) ?? groups.join(':');
}

/** An address in the form that {@link formatAddress} gives; null for text that is not an address. */
export function canonicalAddress(text: string): string | null {
  const address = text.replace(/^\[(.*)\]$/, '$1');
  switch (isIP(address)) {
    case 4:
      return address;
    case 6:
      // Zones ("%eth0") are not part of a certificate or a URL.
      return new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
    default:
      return null;
  }
}
