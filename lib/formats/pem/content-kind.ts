import { findSpan, type Span } from '../asn1/der-spans.js';

/** What DER, or a block of PEM, stands for. */
export type ContentKind =
  | 'certificate'
  | 'p7b'
  | 'pfx'
  | 'private key'
  | 'public key'
  | 'request'
  | 'revocation list'
  | 'parameters'
  | 'key of SSH';

const LABELS: ReadonlyMap<string, ContentKind> = new Map<string, ContentKind>([
  ['CERTIFICATE', 'certificate'],
  ['X509 CERTIFICATE', 'certificate'],
  // OpenSSL's, with trust settings behind the certificate.
  ['TRUSTED CERTIFICATE', 'certificate'],
  ['PKCS7', 'p7b'],
  ['CMS', 'p7b'],
  ['PKCS #7 SIGNED DATA', 'p7b'],
  ['CERTIFICATE CHAIN', 'p7b'],
  ['PRIVATE KEY', 'private key'],
  ['ENCRYPTED PRIVATE KEY', 'private key'],
  ['RSA PRIVATE KEY', 'private key'],
  ['EC PRIVATE KEY', 'private key'],
  ['PUBLIC KEY', 'public key'],
  ['RSA PUBLIC KEY', 'public key'],
  ['CERTIFICATE REQUEST', 'request'],
  ['NEW CERTIFICATE REQUEST', 'request'],
  ['X509 CRL', 'revocation list'],
  ['DH PARAMETERS', 'parameters'],
  ['EC PARAMETERS', 'parameters'],
  ['OPENSSH PRIVATE KEY', 'key of SSH'],
  ['SSH2 PUBLIC KEY', 'key of SSH'],
]);

/** By the label of a PEM block; null for an unknown label. */
export const kindOfLabel = (label: string): ContentKind | null => LABELS.get(label) ?? null;

const TAG = { integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, sequence: 0x30, context0: 0xa0 } as const;

/** By the first elements of DER, whether or not the rest is valid; null for anything else. */
export function kindOfDer(der: Uint8Array): ContentKind | null {
  const whole = findSpan(der);
  if (whole?.tag !== TAG.sequence) return null;
  const [first, second, third] = partsOf(whole);
  if (first === undefined) return null;
  if (first.tag === TAG.oid) return second?.tag === TAG.context0 ? 'p7b' : null;
  if (first.tag === TAG.integer) return kindOfNumbered(first, second, third);
  if (first.tag !== TAG.sequence) return null;
  // What is signed is followed by the algorithm and the signature.
  if (second?.tag === TAG.sequence) return third?.tag === TAG.bits ? kindOfSigned(first) : null;
  if (second?.tag === TAG.bits) return 'public key';
  return second?.tag === TAG.octets ? 'private key' : null;
}

/** PFX, and the forms of keys that start with a version or a modulus. */
function kindOfNumbered(first: Span, second: Span | undefined, third: Span | undefined): ContentKind | null {
  if (second?.tag === TAG.sequence) return third?.tag === TAG.octets ? 'private key' : pfxOf(first);
  if (second?.tag === TAG.octets) return 'private key';
  if (second?.tag !== TAG.integer) return null;
  return third === undefined ? 'public key' : 'private key';
}

const pfxOf = ({ content }: Span): ContentKind | null =>
  content.length === 1 && content[0] === 3 ? 'pfx' : null;

/**
 * What is signed: the fourth field of a certificate is its validity, the third of a request is a key, that of a list a
 * time.
 */
function kindOfSigned(signed: Span): ContentKind | null {
  const parts = partsOf(signed);
  const [first] = parts;
  if (first?.tag === TAG.context0) return 'certificate';
  const at = first?.tag === TAG.integer ? 1 : 0;
  const [algorithmOrName, nameOrKey, next] = parts.slice(at);
  if (algorithmOrName?.tag !== TAG.sequence || nameOrKey?.tag !== TAG.sequence) return null;
  if (next === undefined || next.tag === TAG.context0) return 'request';
  return next.tag === TAG.sequence ? 'certificate' : 'revocation list';
}

/** The first few elements inside. */
function partsOf({ content }: Span): Span[] {
  const parts: Span[] = [];
  for (let at = 0; parts.length < 5 && at < content.length;) {
    const part = findSpan(content, at);
    if (part === null) break;
    parts.push(part);
    at += part.raw.length;
  }
  return parts;
}
