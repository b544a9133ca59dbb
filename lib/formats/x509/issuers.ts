import type { KeyObject, X509Certificate } from 'node:crypto';

/** Most authorities above a leaf. Windows builds no longer chains either. */
export const MAX_ISSUERS = 16;

/**
 * Whether the subject is also the issuer (RFC 5280 §3.2). Another key of the same authority may have signed it, as
 * after a key change.
 */
export const isSelfIssued = ({ subject, issuer }: X509Certificate): boolean => subject === issuer;

/** Whether the subject is also the issuer and the certificate's own key signed it, as in a root (RFC 5280 §3.2). */
export const isSelfSigned = (certificate: X509Certificate): boolean =>
  isSelfIssued(certificate) && isSignedBy(certificate, publicKeyOf(certificate));

/**
 * Whether an authority can be the issuer, by names, key identifiers and key usage, as OpenSSL compares them. The
 * signature is not checked.
 */
export const isNamedIssuer = (issuer: X509Certificate, certificate: X509Certificate): boolean =>
  certificate.checkIssued(issuer);

/** Whether a key signed a certificate; false without a key, and for keys and signatures that OpenSSL does not know. */
export function isSignedBy(certificate: X509Certificate, key: KeyObject | null): boolean {
  if (key === null) return false;
  try {
    return certificate.verify(key);
  } catch {
    return false;
  }
}

/** Null for a key of a kind that OpenSSL does not know. */
export function publicKeyOf(certificate: X509Certificate): KeyObject | null {
  try {
    return certificate.publicKey;
  } catch {
    return null;
  }
}

/** How an issuer is recognized: by {@link isNamedIssuer} only, or by the signature as well. */
export type IssuerProof = 'names' | 'signature';

/**
 * The authorities above a certificate, its issuer first, as far as they are among the candidates; the root included.
 *
 * @param candidates in any order; the first match is taken
 */
export function issuersAbove(
  leaf: X509Certificate,
  candidates: readonly X509Certificate[],
  proof: IssuerProof,
): X509Certificate[] {
  const isIssuer = (issuer: X509Certificate, certificate: X509Certificate): boolean =>
    isNamedIssuer(issuer, certificate) && (proof === 'names' || isSignedBy(certificate, publicKeyOf(issuer)));
  const isRoot = (certificate: X509Certificate): boolean =>
    proof === 'names' ? isNamedIssuer(certificate, certificate) : isSelfSigned(certificate);
  return walkIssuers(leaf, (certificate, isUsed) => {
    if (isRoot(certificate)) return null;
    // Two authorities may have certified each other. Another candidate with the same name can lead out of the circle.
    return candidates.find((candidate) => !isUsed(candidate) && isIssuer(candidate, certificate)) ?? null;
  });
}

/**
 * Follows a certificate to its issuer, to the issuer's issuer, and so on. Ends when `issuerOf` returns null or a
 * certificate that was already used, and after {@link MAX_ISSUERS}.
 *
 * @returns the issuers in this order, without the leaf
 */
export function walkIssuers(
  leaf: X509Certificate,
  issuerOf: (
    certificate: X509Certificate,
    isUsed: (candidate: X509Certificate) => boolean,
  ) => X509Certificate | null,
): X509Certificate[] {
  const issuers: X509Certificate[] = [];
  const used = new Set([leaf.fingerprint256]);
  const isUsed = ({ fingerprint256 }: X509Certificate): boolean => used.has(fingerprint256);
  for (let current = leaf; issuers.length < MAX_ISSUERS;) {
    const issuer = issuerOf(current, isUsed);
    if (issuer === null || isUsed(issuer)) break;
    used.add(issuer.fingerprint256);
    issuers.push(issuer);
    current = issuer;
  }
  return issuers;
}
