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

/** The octets of an address; null for text that is not an address. */
export function addressOctets(text: string): Uint8Array | null {
  const canonical = canonicalAddress(text);
  if (canonical === null) return null;
  if (isIP(canonical) === 4) return Uint8Array.from(canonical.split('.').map(Number));
  const [head = '', tail] = canonical.split('::');
  const groupsOf = (part: string): number[] =>
    part
      .split(':')
      .filter(Boolean)
      .map((group) => parseInt(group, 16));
  const [first, last] = [groupsOf(head), groupsOf(tail ?? '')];
  const groups = [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** '10.0.0.0/8' as an address and a mask, each of 4 or 16 octets (RFC 5280 §4.2.1.10); null for any other text. */
export function networkOctets(text: string): Uint8Array | null {
  const [, base = '', digits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = addressOctets(base);
  if (address === null) return null;
  const length = digits === undefined ? address.length * 8 : Number(digits);
  if (length > address.length * 8) return null;
  const mask = address.map((_, index) => 0xff & ~(0xff >> Math.min(Math.max(length - index * 8, 0), 8)));
  return Uint8Array.from([...address.map((octet, index) => octet & (mask[index] ?? 0)), ...mask]);
}
