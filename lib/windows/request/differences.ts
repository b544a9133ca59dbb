import type { X509Certificate } from 'node:crypto';
import { printableList } from '../../base/text/printable.js';
import type { CertificateRequest } from '../../formats/request/certificate-request.js';
import { CertificateContents } from '../../formats/x509/certificate-contents.js';
import { usageName } from '../../formats/x509/usages.js';

/** Something that the authority gave otherwise than it was asked for. */
export interface RequestDifference {
  readonly what: 'subject' | 'names' | 'purposes' | 'key usage' | 'authority';
  readonly asked: readonly string[];
  readonly given: readonly string[];
  /** The difference, in a sentence. */
  readonly meaning: string;
}

/** Compares the certificate with the request. Authorities add and drop as they please; only people can judge that. */
export function differencesOf(request: CertificateRequest, issued: X509Certificate): RequestDifference[] {
  const certificate = new CertificateContents(issued.raw);
  const differences: RequestDifference[] = [];
  const compare = (
    what: RequestDifference['what'],
    asked: readonly string[],
    given: readonly string[],
    meaning: string | null,
  ): void => {
    if (meaning !== null) differences.push({ what, asked, given, meaning });
  };
  const names = namesOf(certificate);
  const wanted = Object.values(request.names).flat();
  compare('names', wanted, names, listDifference('name', wanted, names));
  compare(
    'subject',
    [request.subject],
    [certificate.subject],
    request.subject === certificate.subject ? null : 'The subject is not the one that was asked for.',
  );
  const purposes = (request.extendedKeyUsage ?? []).map(usageName);
  const allowed = certificate.encodedKeyUsage?.map(usageName);
  if (allowed !== undefined && request.extendedKeyUsage !== null) {
    compare('purposes', purposes, allowed, listDifference('purpose', purposes, allowed));
  }
  const usage = certificate.keyUsage;
  if (usage !== null && request.keyUsage !== null) {
    compare('key usage', request.keyUsage, usage, listDifference('key usage', request.keyUsage, usage));
  }
  if (request.isAuthority !== certificate.isAuthority) {
    const meaning = certificate.isAuthority
      ? 'It is the certificate of an authority, which was not asked for.'
      : 'It is not the certificate of an authority, which was asked for.';
    compare('authority', [String(request.isAuthority)], [String(certificate.isAuthority)], meaning);
  }
  return differences;
}

const namesOf = (certificate: CertificateContents): string[] => [
  ...certificate.dnsNames.map((name) => name.toLowerCase()),
  ...certificate.ipAddresses,
  ...certificate.emailAddresses,
  ...certificate.upns,
  ...certificate.uris,
];

/** Null if both have the same. */
function listDifference(kind: string, asked: readonly string[], given: readonly string[]): string | null {
  const missing = asked.filter((each) => !given.includes(each));
  const added = given.filter((each) => !asked.includes(each));
  const sentences = [
    missing.length === 0 ? null : `It lacks the ${kind} ${printableList(missing)}.`,
    added.length === 0 ? null : `It also has the ${kind} ${printableList(added)}.`,
  ].filter((sentence) => sentence !== null);
  return sentences.length === 0 ? null : sentences.join(' ');
}
