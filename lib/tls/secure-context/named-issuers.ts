import { outlineOf } from '../../formats/x509/outline.js';

/**
 * Schannel cuts the list of authorities in a request for a certificate at 16 KiB (event 36885 tells), some of it for what
 * stands around the names ("TLS registry settings", SendTrustedIssuerList).
 */
const LONGEST_LIST = 16_000;

/** Each name stands behind two octets of its length (RFC 5246 §7.4.4). */
const LENGTH_OCTETS = 2;

/**
 * The authorities that a server names to clients when it asks for a certificate: all, or none at all where Schannel would
 * cut the list. Clients show nothing that is by an authority which is not on it, and anything where there is no list.
 *
 * @param authorities DER
 */
export function namedIssuers(authorities: readonly Uint8Array[]): readonly Uint8Array[] {
  const octets = authorities.reduce((sum, der) => sum + LENGTH_OCTETS + outlineOf(der).subject.length, 0);
  return octets > LONGEST_LIST ? [] : authorities;
}
