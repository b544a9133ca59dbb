import type { X509Certificate } from 'node:crypto';
import { outlineOf } from '../../formats/x509/outline.js';
import { parseCertificate } from '../../formats/x509/certificate-of.js';
import type { RevocationList } from '../../formats/x509/revocation-list.js';
import type { VerifyCode } from './verify-texts.js';

/** What revocation lists say against a chain. */
export interface ListFault {
  readonly code: VerifyCode;
  /** Index of the certificate in the chain. */
  readonly element: number;
}

/**
 * Checks every certificate of a chain except the anchor against the lists of its issuer, as OpenSSL does if a program
 * gives lists (X509_V_FLAG_CRL_CHECK_ALL). The anchor is trusted explicitly, so its own list does not count.
 *
 * @param chain DER, leaf first, each issued by the next one
 * @param now milliseconds since 1970
 * @returns the first fault from the leaf up; null if there is a valid list for each certificate and none is revoked
 */
export function checkLists(
  chain: readonly Uint8Array[],
  lists: readonly RevocationList[],
  now: number,
): ListFault | null {
  const certificates = chain.map(read);
  for (const [element, certificate] of certificates.slice(0, -1).entries()) {
    const issuer = certificates[element + 1];
    // Windows accepts some certificates that OpenSSL cannot read. Those cannot be checked.
    const code = certificate && issuer ? faultOf(certificate, issuer, lists, now) : 'UNABLE_TO_GET_CRL';
    if (code !== null) return { code, element };
  }
  return null;
}

interface Listed {
  /** Content of the INTEGER. OpenSSL's text has a sign, while lists have octets. */
  readonly serialNumber: Uint8Array;
  /** Name, DER. */
  readonly subject: Uint8Array;
  readonly certificate: X509Certificate;
}

/** Null for what OpenSSL, or this library, cannot read. */
function read(der: Uint8Array): Listed | null {
  const certificate = parseCertificate(der);
  if (certificate === null) return null;
  try {
    const { serialNumber, subject } = outlineOf(der);
    return { serialNumber, subject, certificate };
  } catch {
    return null;
  }
}

function isSignedBy(list: RevocationList, { certificate }: Listed): boolean {
  try {
    return list.isSignedBy(certificate.publicKey);
  } catch {
    // A key of a type that OpenSSL does not know.
    return false;
  }
}

function faultOf(
  { serialNumber }: Listed,
  issuer: Listed,
  lists: readonly RevocationList[],
  now: number,
): VerifyCode | null {
  const named = lists.filter((list) => Buffer.compare(list.issuer, issuer.subject) === 0);
  const signed = named.filter((list) => list.isComplete && isSignedBy(list, issuer));
  // Expired lists count too: a revocation is permanent.
  if (signed.some((list) => list.revokes(serialNumber))) return 'CERT_REVOKED';
  if (signed.length === 0)
    return named.some((list) => list.isComplete) ? 'CRL_SIGNATURE_FAILURE' : 'UNABLE_TO_GET_CRL';
  const begun = signed.filter(({ thisUpdate }) => thisUpdate.getTime() <= now);
  if (begun.length === 0) return 'CRL_NOT_YET_VALID';
  const isCurrent = begun.some(({ nextUpdate }) => nextUpdate === null || nextUpdate.getTime() >= now);
  return isCurrent ? null : 'CRL_HAS_EXPIRED';
}
