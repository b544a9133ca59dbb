import { printable } from '../../../base/text/printable.js';
import type { CertificateRequest } from '../../../formats/request/certificate-request.js';
import { usageName } from '../../../formats/x509/usages.js';
import type { ListedRequest } from '../../../windows/request/pending-requests.js';
import type { PendingRequest } from '../../../windows/request/stand-in.js';
import type { Submission } from '../../../windows/request/submission.js';
import { describeKey } from '../../../formats/description/certificate.js';
import { formatRows, type Row } from '../../table.js';
import type { Style } from '../../terminal.js';

/** A request as the JSON output has it. */
export interface RequestFacts {
  /** On one line as Windows shows it; '' if it is empty. */
  readonly subject: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly upns: readonly string[];
  readonly uris: readonly string[];
  /** Kinds of further alternative names. */
  readonly otherNames: readonly string[];
  /** Null if it leaves that to the authority; so with the purposes. */
  readonly keyUsage: readonly string[] | null;
  /** Purposes by name, or by identifier if they have none. */
  readonly extendedKeyUsage: readonly string[] | null;
  /** Whether it asks for the certificate of an authority. */
  readonly isAuthority: boolean;
  readonly template: string | null;
  /** 'RSA 2048', 'EC prime256v1' … */
  readonly publicKey: string;
  /** 'sha256', 'sha256 with PSS' … */
  readonly signature: string;
  readonly hasChallengePassword: boolean;
  /** Identifiers. */
  readonly unknownExtensions: readonly string[];
}

export const requestFacts = (request: CertificateRequest): RequestFacts => ({
  subject: request.subject,
  dnsNames: request.names.dns,
  ipAddresses: request.names.ip,
  emailAddresses: request.names.email,
  upns: request.names.upn,
  uris: request.names.uri,
  otherNames: request.otherNames,
  keyUsage: request.keyUsage,
  extendedKeyUsage: request.extendedKeyUsage?.map(usageName) ?? null,
  isAuthority: request.isAuthority,
  template: request.template,
  publicKey: describeKey(request.publicKey),
  signature:
    request.signature.padding === 'pss' ? `${request.signature.digest} with PSS` : request.signature.digest,
  hasChallengePassword: request.challengePassword !== null,
  unknownExtensions: request.unknownExtensions.map(({ oid }) => oid),
});

/** A pending request as the JSON output has it. */
export interface PendingFacts {
  readonly reference: string;
  readonly subject: string;
  readonly friendlyName: string | null;
  /** ISO 8601. */
  readonly created: string;
  /** Null for a request of another program, which does not say what was asked for. */
  readonly request: RequestFacts | null;
  readonly renews: string | null;
  /** Where it waits; null if it was not sent, or was refused. */
  readonly submission: Submission | null;
}

export const pendingFacts = (pending: PendingRequest): PendingFacts => ({
  reference: pending.reference,
  subject: pending.subject,
  friendlyName: pending.friendlyName,
  created: pending.created.toISOString(),
  request: pending.request === null ? null : requestFacts(pending.request),
  renews: pending.renews,
  submission: pending.submission,
});

/** The certificates that have the key of the request already, without the one that it renews. */
export const installedFor = ({ certificates, renews }: ListedRequest): readonly string[] =>
  certificates.filter((reference) => reference !== renews);

/** What a person calls the request. */
export const requestName = ({ friendlyName, subject }: PendingRequest): string =>
  printable((friendlyName ?? subject) || '(no name)');

/** Where a request waits, in a few words; null if it was not sent. */
export const submissionText = ({ submission }: PendingRequest): string | null =>
  submission === null
    ? null
    : printable(`${submission.authority}${submission.id === null ? '' : `, number ${submission.id}`}`, 300);

/** What a request asks for, as lines. */
export function formatRequest(facts: RequestFacts, style: Style): string[] {
  const { dnsNames, ipAddresses, emailAddresses, upns, uris, otherNames } = facts;
  const names = [...dnsNames, ...ipAddresses, ...emailAddresses, ...upns, ...uris, ...otherNames];
  const rows: Row[] = [
    ['subject', facts.subject || null],
    ['names', list(names)],
    ['purposes', facts.extendedKeyUsage === null ? null : list(facts.extendedKeyUsage)],
    ['key may', facts.keyUsage === null ? null : list(facts.keyUsage)],
    ['authority', facts.isAuthority ? 'yes' : null],
    ['template', facts.template],
    ['public key', facts.publicKey],
    ['signature', facts.signature],
    ['password', facts.hasChallengePassword ? 'for the authority, not shown' : null],
    ['unknown extensions', list(facts.unknownExtensions)],
  ];
  return formatRows(
    rows.map(([label, value]) => [label, value === null ? null : printable(value, 1000)]),
    style,
  );
}

const list = (values: readonly string[]): string | null => (values.length === 0 ? null : values.join(', '));
