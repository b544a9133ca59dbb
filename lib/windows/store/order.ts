import type { CertificateContents } from '../../formats/x509/certificate-contents.js';

/**
 * The certificates in order of preference: valid ones first, then those issued by an authority before self-issued
 * ones, then the latest issued. So a renewed certificate comes before the one that it replaces, and a self-signed
 * fallback after both, even if it was made later: public authorities backdate certificates, Let's Encrypt by an hour.
 * Remaining ties are decided by thumbprint, so that the order is stable; the order of the store means nothing.
 */
export const newestValidFirst = <Item extends CertificateContents>(
  certificates: readonly Item[],
  now = new Date(),
): Item[] =>
  certificates
    .map((certificate) => ({ certificate, rank: rankOf(certificate, now) }))
    .sort((one, other) => compare(one.rank, other.rank) || byThumbprint(one.certificate, other.certificate))
    .map(({ certificate }) => certificate);

type Rank = readonly [valid: number, issued: number, from: number, to: number];

function rankOf(certificate: CertificateContents, now: Date): Rank {
  const [from, to] = [certificate.validFrom.getTime(), certificate.validTo.getTime()];
  const isValid = from <= now.getTime() && now.getTime() <= to;
  // A date that cannot be read would make every comparison false.
  const isIssued = !certificate.isSelfIssued;
  return [
    isValid ? 1 : 0,
    isIssued ? 1 : 0,
    Number.isNaN(from) ? -Infinity : from,
    Number.isNaN(to) ? -Infinity : to,
  ];
}

function compare(one: Rank, other: Rank): number {
  for (const [index, value] of one.entries()) {
    const against = other[index] ?? 0;
    if (value !== against) return value > against ? -1 : 1;
  }
  return 0;
}

const byThumbprint = (one: CertificateContents, other: CertificateContents): number =>
  one.thumbprint < other.thumbprint ? -1 : one.thumbprint > other.thumbprint ? 1 : 0;
