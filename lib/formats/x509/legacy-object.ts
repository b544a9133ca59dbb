import type { X509Certificate } from 'node:crypto';
import type { PeerCertificate } from 'node:tls';
import { spanAt, spansIn } from '../asn1/der-spans.js';
import { sequence, sequenceOf } from '../asn1/der-writer.js';
import { parseCertificate } from './certificate-of.js';

/**
 * `certificate.toLegacyObject()`, without the key if OpenSSL cannot read that. Node 24 reads address 0 there and ends
 * the process, which a peer could cause by its certificate; Node 20 leaves the key out, as is done here.
 */
export function legacyObjectOf(certificate: X509Certificate): PeerCertificate {
  if (hasReadableKey(certificate)) return certificate.toLegacyObject();
  const { serialNumber, fingerprint, fingerprint256, fingerprint512, raw } = certificate;
  const own = { fingerprint, fingerprint256, fingerprint512, serialNumber, raw };
  const twin = withReadableKey(raw);
  // What OpenSSL reads and is no DER has no names then, so that it is nobody.
  if (twin === null) return own as PeerCertificate;
  const legacy: Record<string, unknown> = { ...twin.toLegacyObject(), ...own };
  for (const field of OF_KEYS) Reflect.deleteProperty(legacy, field);
  return legacy as unknown as PeerCertificate;
}

const OF_KEYS = ['modulus', 'exponent', 'bits', 'pubkey', 'asn1Curve', 'nistCurve'];

function hasReadableKey(certificate: X509Certificate): boolean {
  try {
    return certificate.publicKey.type === 'public';
  } catch {
    return false;
  }
}

/** The base point of P-256 (SEC 2, §2.4.2) as a SubjectPublicKeyInfo: a key that every OpenSSL reads. */
const READABLE_KEY = Buffer.from(
  '3059301306072a8648ce3d020106082a8648ce3d030107034200' +
    '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296' +
    '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
  'hex',
);

/** The certificate with another key, and a signature that is worth nothing; null if it is no DER. */
function withReadableKey(der: Uint8Array): X509Certificate | null {
  try {
    const [content, ...signature] = spansIn(spanAt(der, 0).content);
    if (content === undefined) return null;
    const fields = spansIn(content.content).map(({ raw }) => raw);
    // [0] is the version, which version 1 does not state.
    fields[fields[0]?.[0] === 0xa0 ? 6 : 5] = READABLE_KEY;
    const twin = parseCertificate(sequence(sequenceOf(fields), ...signature.map(({ raw }) => raw)));
    return twin !== null && hasReadableKey(twin) ? twin : null;
  } catch {
    return null;
  }
}
