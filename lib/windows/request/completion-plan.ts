import type { KeyObject, X509Certificate } from 'node:crypto';
import { CertificateContents } from '../../formats/x509/certificate-contents.js';
import { issuersAbove, isSelfSigned, publicKeyOf } from '../../formats/x509/issuers.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { printableList } from '../../base/text/printable.js';
import type { ImportPlan } from '../import-export/plan.js';

/** Someone who has, or may have, the key of a certificate in a file. */
export interface KeyHolder {
  /** On one line as Windows shows it. */
  readonly subject: string;
  readonly publicKey: KeyObject | null;
}

/** A certificate of a file, and the request that it answers. */
export interface Match<Holder extends KeyHolder> {
  readonly certificate: X509Certificate;
  readonly request: Holder;
}

/**
 * Which certificate of a file answers which request: by their public keys, never by names, which authorities change.
 *
 * If a file has several certificates for one key, as after a renewal, the newest counts. Of several requests with one
 * key, the newest with the subject of the certificate counts, and otherwise the newest.
 *
 * @param requests oldest first
 * @returns null if none does
 * @throws SchannelError ERR_SCHANNEL_REQUEST_AMBIGUOUS if certificates of the file answer requests with different keys
 */
export function matchOf<Holder extends KeyHolder>(
  certificates: readonly X509Certificate[],
  requests: readonly Holder[],
): Match<Holder> | null {
  const matches = [...certificates].sort(newestFirst).flatMap((certificate) => {
    const key = publicKeyOf(certificate);
    const sameKey = requests.filter(({ publicKey }) => isSameKey(publicKey, key));
    const { subject } = new CertificateContents(certificate.raw);
    const request = sameKey.filter((each) => each.subject === subject).at(-1) ?? sameKey.at(-1);
    return request === undefined ? [] : [{ certificate, request }];
  });
  const [match, ...others] = matches;
  if (match === undefined) return null;
  const differs = others.some(({ request }) => !isSameKey(request.publicKey, match.request.publicKey));
  if (!differs) return match;
  const subjects = matches.map(({ certificate }) => certificate.subject.replaceAll('\n', ', '));
  throw new SchannelError(
    'ERR_SCHANNEL_REQUEST_AMBIGUOUS',
    `The file completes several requests: ${printableList(subjects)}`,
    { phase: 'store', advice: 'Use a file with one of these certificates, or name the request.' },
  );
}

const newestFirst = (one: X509Certificate, other: X509Certificate): number =>
  Date.parse(other.validFrom) - Date.parse(one.validFrom);

export const isSameKey = (one: KeyObject | null, other: KeyObject | null): boolean =>
  one !== null && other !== null && one.equals(other);

/**
 * What goes where: the certificate to its key, the authorities above it into CA and Root. Other certificates of the
 * file have no place in this machine's stores.
 *
 * @param key its public key: the private one is in Windows already
 */
export function planCompletion(
  certificate: X509Certificate,
  key: KeyObject,
  all: readonly X509Certificate[],
  friendlyName: string | null,
): ImportPlan {
  const others = all.filter(({ fingerprint256 }) => fingerprint256 !== certificate.fingerprint256);
  const above = issuersAbove(certificate, others, 'signature');
  return {
    identities: [{ certificate, key, friendlyName }],
    others: [],
    authorities: above.filter((each) => !isSelfSigned(each)),
    roots: above.filter(isSelfSigned),
    keysWithoutCertificate: 0,
  };
}
