import { createHash, type KeyObject, type X509Certificate } from 'node:crypto';
import { parseCertificate } from '../../formats/x509/certificate-of.js';
import type { CertificateReport, ChainedCertificate } from './report.js';

const LONGEST_CHAIN = 32;

/**
 * What the certificates say. Of a chain that is longer than any honest one, the first ones.
 */
export function chainOf(
  certificates: readonly Uint8Array[],
): Pick<CertificateReport, 'key' | 'chain' | 'isOrdered'> {
  const kept = certificates.slice(0, LONGEST_CHAIN);
  const parsed = kept.map((der) => parseCertificate(der));
  const isOrdered = parsed.every((certificate, index) => {
    const before = index === 0 ? null : parsed[index - 1];
    return index === 0 || (certificate !== null && before?.issuer === certificate.subject);
  });
  const chain = kept.map((der, index) => factsOf(der, parsed[index] ?? null));
  return { key: chain[0]?.key ?? null, chain, isOrdered };
}

function factsOf(der: Uint8Array, certificate: X509Certificate | null): ChainedCertificate {
  const fingerprint256 = createHash('sha256').update(der).digest('hex').toUpperCase();
  if (certificate === null) {
    return {
      subject: null,
      issuer: null,
      names: null,
      validFrom: null,
      validTo: null,
      key: null,
      fingerprint256,
    };
  }
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    names: certificate.subjectAltName ?? null,
    validFrom: moment(certificate.validFrom),
    validTo: moment(certificate.validTo),
    key: keyOf(() => certificate.publicKey),
    fingerprint256,
  };
}

/** The most specific part first, as in RFC 4514. Node.js has no name for an empty one, though its types say so. */
const oneLine = (name: string | undefined): string => (name ?? '').split('\n').reverse().join(', ');

function moment(text: string): string | null {
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

function keyOf(key: () => KeyObject): string | null {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = key();
    const { modulusLength, namedCurve } = asymmetricKeyDetails ?? {};
    const size = modulusLength ?? namedCurve;
    const type = (asymmetricKeyType ?? 'unknown').toUpperCase();
    return size === undefined ? type : `${type} ${size}`;
  } catch {
    return null;
  }
}
