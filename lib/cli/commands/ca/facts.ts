import { printable, printableList } from '../../../base/text/printable.js';
import { type RecordStatus, statusOf } from '../../../apps/authority/find.js';
import type {
  CertificateAuthority,
  CertificateRecord,
  Decision,
  Issued,
  PublishedList,
} from '../../../pki.js';
import { formatRows, formatTable } from '../../table.js';
import type { Style } from '../../terminal.js';
import { dayOf, describeTimeLeft, markUrgency } from '../../../base/text/validity.js';

/** A certificate of an authority as the JSON output has it. */
export interface RecordFacts {
  readonly serialNumber: string;
  readonly status: RecordStatus;
  readonly subject: string;
  readonly names: CertificateRecord['names'];
  readonly template: string | null;
  readonly validFrom: string | null;
  readonly validTo: string;
  readonly thumbprint256: string | null;
  readonly revoked: { readonly at: string; readonly reason: string } | null;
  readonly renews: string | null;
  readonly requestHash: string | null;
}

export const recordFacts = (record: CertificateRecord, now: number): RecordFacts => ({
  serialNumber: record.serialNumber,
  status: statusOf(record, now),
  subject: record.subject,
  names: record.names,
  template: record.template,
  validFrom: record.notBefore?.toISOString() ?? null,
  validTo: record.notAfter.toISOString(),
  thumbprint256: record.thumbprint256,
  revoked: record.revoked && { at: record.revoked.at.toISOString(), reason: record.revoked.reason },
  renews: record.renews,
  requestHash: record.requestHash,
});

/** The names of a certificate, or else its subject. */
export function titleOf({ subject, names }: CertificateRecord): string {
  const all = Object.values(names).flat() as readonly string[];
  return all.length === 0 ? printable(subject, 64) : printableList(all);
}

/** Certificates of an authority as a table. */
export function formatRecords(records: readonly CertificateRecord[], style: Style, now: number): string[] {
  const rows = records.map((record) => {
    const span = { from: record.notBefore?.getTime() ?? 0, to: record.notAfter.getTime() };
    const status = statusOf(record, now);
    const text = status === 'valid' ? describeTimeLeft(span, now) : status;
    return [
      record.serialNumber,
      titleOf(record),
      record.template ?? 'imported',
      dayOf(span.to),
      status === 'valid' ? markUrgency(text, span, now, style) : style.bad(text),
    ];
  });
  return formatTable(['serial number', 'name', 'template', 'valid until', 'status'], rows, style);
}

/** What was asked for, what is given, and why. */
export const formatDecisions = (decisions: readonly Decision[], style: Style): string[] =>
  formatTable(
    ['', 'asked', 'given', 'why'],
    decisions.map(({ what, asked, given, why }) => [
      what,
      asked === null ? '–' : printable(asked, 80),
      given === null ? style.warn('nothing') : printable(given, 80),
      why,
    ]),
    style,
  );

/** A certificate that was issued, as the JSON output has it. */
export const issuedFacts = ({ certificate, template, decisions, pem }: Issued, dryRun: boolean): object => ({
  ok: true,
  dryRun,
  template,
  decisions,
  serialNumber: certificate?.serialNumber ?? null,
  thumbprint256: certificate?.thumbprint256 ?? null,
  pem: pem === '' ? null : pem,
  error: null,
});

export const listFacts = (list: PublishedList | null): object | null =>
  list && {
    number: list.number,
    thisUpdate: list.thisUpdate.toISOString(),
    nextUpdate: list.nextUpdate.toISOString(),
    nextPublish: list.nextPublish.toISOString(),
    file: list.file,
    isNew: list.isNew,
  };

/** The authority itself as the JSON output has it. */
export function authorityFacts(authority: CertificateAuthority): object {
  const { certificate, keyReference } = authority;
  return {
    folder: authority.folder,
    subject: authority.subject,
    template: authority.template,
    url: authority.url,
    key: keyReference,
    constraints: authority.constraints,
    serialNumber: certificate?.serialNumber ?? null,
    issuer: certificate?.issuer ?? null,
    validFrom: certificate?.validFrom.toISOString() ?? null,
    validTo: certificate?.validTo.toISOString() ?? null,
    thumbprint256: certificate?.thumbprint256 ?? null,
    head: authority.head,
  };
}

export function formatAuthority(authority: CertificateAuthority, style: Style, now: number): string[] {
  const { certificate, keyReference: key } = authority;
  const span = certificate && { from: certificate.validFrom.getTime(), to: certificate.validTo.getTime() };
  return [
    style.bold(printable(authority.subject)),
    ...formatRows(
      [
        ['kind', `${authority.template} authority`],
        [
          'issuer',
          certificate === null ? null : certificate.isSelfIssued ? 'itself' : printable(certificate.issuer),
        ],
        [
          'valid',
          span === null
            ? 'it has no certificate yet'
            : `until ${dayOf(span.to)}, ${describeTimeLeft(span, now)}`,
        ],
        [
          'key',
          key.kind === 'file'
            ? `file ${key.file}`
            : `Windows, ${printable(key.provider)}, ${printable(key.container)}`,
        ],
        ['address', authority.url ?? 'none: nobody learns of revocations by itself'],
        ['limits', authority.constraints.length === 0 ? null : printableList(authority.constraints)],
        ['head of the log', authority.head],
      ],
      style,
      '  ',
    ),
  ];
}
