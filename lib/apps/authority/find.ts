import { SchannelError } from '../../base/errors/schannel-error.js';
import { plainHex, toHex } from '../../base/text/hex.js';
import { printable } from '../../base/text/printable.js';
import { readBundle } from '../../formats/x509/bundle.js';
import { outlineOf } from '../../formats/x509/outline.js';
import { type AuthorityState, type CertificateRecord, hashOf } from './state.js';

/** Which certificates are wanted. All given conditions have to be met. */
export interface RecordQuery {
  /** 'valid' is neither revoked nor expired. Default all. */
  readonly status?: 'valid' | 'revoked' | 'expired' | undefined;
  /** Text in the subject or a name, in any case. */
  readonly name?: string | undefined;
  readonly template?: string | undefined;
  /** Valid ones that expire before this moment. */
  readonly expiresBefore?: Date | undefined;
}

/** 'valid', 'revoked', 'expired'; 'abandoned' for one that was never finished. */
export type RecordStatus = 'valid' | 'revoked' | 'expired' | 'abandoned' | 'issuing';

export function statusOf({ state, revoked, notAfter }: CertificateRecord, now: number): RecordStatus {
  if (state !== 'issued') return state;
  if (revoked !== null) return 'revoked';
  return notAfter.getTime() < now ? 'expired' : 'valid';
}

export function findRecords(state: AuthorityState, query: RecordQuery, now: number): CertificateRecord[] {
  const { status, name, template, expiresBefore } = query;
  const text = name?.toLowerCase();
  return [...state.records.values()].filter(
    (record) =>
      (status === undefined || statusOf(record, now) === status) &&
      (template === undefined || record.template === template) &&
      (text === undefined || textsOf(record).some((each) => each.toLowerCase().includes(text))) &&
      (expiresBefore === undefined || (statusOf(record, now) === 'valid' && record.notAfter < expiresBefore)),
  );
}

const textsOf = ({ subject, names }: CertificateRecord): readonly string[] => [
  subject,
  ...(Object.values(names).flat() as readonly string[]),
];

/**
 * One certificate: by serial number, SHA-256 thumbprint, a name of it or its common name, or the certificate itself as
 * PEM or DER. Of several certificates with a name, the valid one is taken if there is only one.
 *
 * @throws SchannelError ERR_SCHANNEL_CA_CERTIFICATE_NOT_FOUND, ERR_SCHANNEL_CA_CERTIFICATE_AMBIGUOUS with `candidates`
 */
export function findRecord(
  state: AuthorityState,
  which: string | Uint8Array,
  now: number,
): CertificateRecord {
  const isFile = typeof which !== 'string' || which.includes('-----BEGIN ');
  const found = isFile ? byCertificate(state, which) : byText(state, which);
  const valid = found.filter((record) => statusOf(record, now) === 'valid');
  const candidates = found.length > 1 && valid.length === 1 ? valid : found;
  const [only, ...others] = candidates;
  if (only === undefined) throw notFound(isFile ? 'that certificate' : printable(which, 64));
  if (others.length > 0) throw ambiguous(candidates, isFile ? '' : which);
  return only;
}

/** Another authority may have given the same serial number to somebody else. */
function byCertificate(state: AuthorityState, source: string | Uint8Array): CertificateRecord[] {
  const [certificate] = readBundle(source).certificates;
  if (certificate === undefined) return [];
  const { serialNumber, issuer } = outlineOf(certificate);
  const isIssuer = Buffer.from(issuer).toString('base64') === state.init?.subject;
  const thumbprint = hashOf(certificate).toUpperCase();
  return bySerialNumber(state, normalSerial(toHex(serialNumber))).filter(({ thumbprint256 }) =>
    thumbprint256 === null ? isIssuer : thumbprint256 === thumbprint,
  );
}

/** Without leading zeros, as the log has them. */
export const normalSerial = (hex: string): string => {
  const digits = hex.toUpperCase().replace(/^(?:00)+(?=..)/, '');
  return digits.length % 2 === 0 ? digits : `0${digits}`;
};

function bySerialNumber(state: AuthorityState, serial: string): CertificateRecord[] {
  const record = state.records.get(serial);
  return record === undefined ? [] : [record];
}

function byText(state: AuthorityState, which: string): CertificateRecord[] {
  const digits = plainHex(which);
  if (digits !== null) {
    const numbered = bySerialNumber(state, normalSerial(digits));
    if (numbered.length > 0) return numbered;
    const printed = [...state.records.values()].filter(({ thumbprint256 }) => thumbprint256 === digits);
    if (printed.length > 0) return printed;
  }
  const wanted = which.toLowerCase();
  return [...state.records.values()].filter((record) =>
    [...textsOf(record), commonNameIn(record.subject)].some((text) => text.toLowerCase() === wanted),
  );
}

/** 'bar.example' of 'CN=bar.example, O=Bar'. */
const commonNameIn = (subject: string): string =>
  /(?:^|, )CN=("(?:[^"]|"")*"|[^,]*)/.exec(subject)?.[1]?.replace(/^"|"$/g, '') ?? '';

/** @param what completes "The authority has not issued … " */
export const notFound = (what: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_CA_CERTIFICATE_NOT_FOUND', `The authority has not issued ${what}`, {
    advice: 'List its certificates with `schannel ca ls`.',
  });

const ambiguous = (records: readonly CertificateRecord[], which: string): SchannelError =>
  Object.assign(
    new SchannelError(
      'ERR_SCHANNEL_CA_CERTIFICATE_AMBIGUOUS',
      `${records.length} certificates have the name ${printable(which, 64)}`,
      { advice: 'Give the serial number of the one.' },
    ),
    { candidates: records.map(({ serialNumber, subject }) => `${serialNumber} ${printable(subject, 64)}`) },
  );
