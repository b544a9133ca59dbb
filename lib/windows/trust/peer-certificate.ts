import type { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, PeerCertificate } from 'node:tls';
import { parseCertificate } from '../../formats/x509/certificate-of.js';
import { isNamedIssuer, issuersAbove } from '../../formats/x509/issuers.js';
import { legacyObjectOf } from '../../formats/x509/legacy-object.js';

/**
 * The object that `tlsSocket.getPeerCertificate()` returns in node:tls; `{}` if the peer sent no certificate, or one
 * that OpenSSL cannot read.
 *
 * @param chain DER, the peer's own certificate first; the others in any order
 * @param detailed also link issuers (`issuerCertificate`); the root links to itself
 */
export function legacyPeerCertificate(chain: readonly Uint8Array[], detailed: true): DetailedPeerCertificate;
export function legacyPeerCertificate(chain: readonly Uint8Array[], detailed?: boolean): PeerCertificate;
export function legacyPeerCertificate(chain: readonly Uint8Array[], detailed = false): object {
  const leaf = parseCertificate(chain[0]);
  if (leaf === null) return {};
  return detailed ? linkIssuers(leaf, readableIssuers(chain)) : legacyObject(leaf);
}

/**
 * The peer's certificate as `tlsSocket.getPeerX509Certificate()` returns it, linked to its issuers as far as they are
 * known; undefined if the peer sent none, or one that OpenSSL cannot read.
 */
export function peerX509Certificate(chain: readonly Uint8Array[]): X509Certificate | undefined {
  const leaf = parseCertificate(chain[0]) ?? undefined;
  if (leaf === undefined) return undefined;
  let subject = leaf;
  for (const issuer of issuersAbove(leaf, readableIssuers(chain), 'names')) {
    Object.defineProperty(subject, 'issuerCertificate', { value: issuer, configurable: true });
    subject = issuer;
  }
  return leaf;
}

/** An issuer that cannot be read is skipped. The peer's own certificate never is. */
const readableIssuers = (chain: readonly Uint8Array[]): X509Certificate[] =>
  chain
    .slice(1)
    .map(parseCertificate)
    .filter((certificate) => certificate !== null);

interface Linked {
  issuerCertificate?: Linked;
}

/** Linked by names, as in node:tls: the chain was verified already, or its faults are known. */
function linkIssuers(leaf: X509Certificate, others: readonly X509Certificate[]): object {
  const result: Linked = legacyObject(leaf);
  let [last, object] = [leaf, result];
  for (const issuer of issuersAbove(leaf, others, 'names')) {
    object.issuerCertificate = legacyObject(issuer);
    [last, object] = [issuer, object.issuerCertificate];
  }
  if (isNamedIssuer(last, last)) object.issuerCertificate = object;
  return result;
}

/** X509Certificate has infoAccess as OpenSSL prints it; sockets of node:tls have lists by method. */
function legacyObject(certificate: X509Certificate): object {
  const legacy = legacyObjectOf(certificate) as unknown as Record<string, unknown>;
  const { infoAccess } = legacy;
  return typeof infoAccess === 'string' ? { ...legacy, infoAccess: parseInfoAccess(infoAccess) } : legacy;
}

/**
 * Lines of 'CA Issuers - URI:http://…'; Node writes a value that could be misread as a JSON string (CVE-2021-44532).
 */
function parseInfoAccess(text: string): NodeJS.Dict<string[]> {
  const result = Object.create(null) as NodeJS.Dict<string[]>;
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const value = line.slice(colon + 1);
    (result[line.slice(0, colon)] ??= []).push(value.startsWith('"') ? (JSON.parse(value) as string) : value);
  }
  return result;
}
