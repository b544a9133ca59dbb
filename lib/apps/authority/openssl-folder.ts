import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../../base/errors/error-code.js';
import { damagedFile } from '../../formats/asn1/damaged-file.js';
import { findReason, type RevocationReason } from '../../formats/revocation/reasons.js';
import { momentOf } from '../../formats/x509/outline.js';
import { normalSerial } from './find.js';
import {
  type ForeignAuthority,
  type ForeignCertificate,
  type ImportSourceOptions,
  pairOf,
} from './foreign-authority.js';
import type { CertificateRecord } from './state.js';
import { certificateIn } from './stored-certificate.js';

/** Where OpenSSL's configuration, easy-rsa and common instructions put things. */
const CERTIFICATES = [
  'cacert.pem',
  'ca.crt',
  'ca.pem',
  'certs/ca.crt',
  'certs/ca.cert.pem',
  'certs/cacert.pem',
];
const KEYS = ['private/cakey.pem', 'private/ca.key', 'private/ca.key.pem', 'cakey.pem', 'ca.key'];
const ISSUED = ['newcerts', 'certs_by_serial', 'revoked/certs_by_serial', 'certs'];

/** Lines of an index. Each has some hundred bytes. */
const MOST_LINES = 500_000;

/** Reads a folder of `openssl ca`, which easy-rsa uses too. @throws SchannelError as readForeignAuthority() */
export async function readOpensslFolder(
  folder: string,
  options: ImportSourceOptions,
): Promise<ForeignAuthority> {
  const [certificate, key] = await Promise.all([firstOf(folder, CERTIFICATES), firstOf(folder, KEYS)]);
  const authority = pairOf(certificate, key, options);
  const files = await filesOf(folder);
  const index = await readFile(path.join(folder, 'index.txt'), 'utf8');
  const issued: ForeignCertificate[] = [];
  for (const entry of parseIndex(index)) {
    const file = files.get(entry.serialNumber);
    issued.push({ ...entry, certificate: file === undefined ? null : certificateIn(await readFile(file)) });
  }
  return { ...authority, issued, lists: await lastList(folder) };
}

async function firstOf(folder: string, names: readonly string[]): Promise<Buffer> {
  for (const name of names) {
    const content = await contentOf(path.join(folder, name));
    if (content !== null) return content;
  }
  throw damagedFile(`no ${names[0] ?? ''} beside its index.txt (or ${names.slice(1).join(', ')})`);
}

async function contentOf(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return null;
    throw error;
  }
}

/** Files of certificates, by serial number. */
async function filesOf(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const name of ISSUED) {
    for (const file of await readdir(path.join(folder, name)).catch(() => [])) {
      const [, serial] = /^([0-9A-Fa-f]{1,40})\.(?:pem|crt)$/.exec(file) ?? [];
      if (serial !== undefined) files.set(normalSerial(serial), path.join(folder, name, file));
    }
  }
  return files;
}

/** 'crlnumber' has the next one. */
async function lastList(folder: string): Promise<number> {
  const text = (await contentOf(path.join(folder, 'crlnumber')))?.toString('latin1').trim() ?? '';
  const next = /^[0-9A-Fa-f]{1,12}$/.test(text) ? parseInt(text, 16) : 1;
  return Math.max(next - 1, 0);
}

/**
 * The index of `openssl ca`: status, expiry, revocation, serial number, file and subject in each line.
 *
 * @throws SchannelError ERR_SCHANNEL_IMPORT_DAMAGED with the number of the line
 */
export function parseIndex(text: string): Omit<ForeignCertificate, 'certificate'>[] {
  const lines = text.split(/\r?\n/);
  if (lines.length > MOST_LINES) throw damagedFile(`more than ${MOST_LINES} lines`);
  const seen = new Set<string>();
  return lines.flatMap((line, at) => {
    if (line === '') return [];
    const entry = parseLine(line);
    if (entry === null || seen.has(entry.serialNumber)) {
      throw damagedFile(`an index.txt whose line ${at + 1} cannot be read, or repeats a serial number`);
    }
    seen.add(entry.serialNumber);
    return entry;
  });
}

function parseLine(line: string): Omit<ForeignCertificate, 'certificate'> | null {
  const [status = '', expiry = '', revocation = '', serial = '', , subject = ''] = line.split('\t');
  const notAfter = momentIn(expiry);
  if (!/^[VRE]$/.test(status) || notAfter === null || !/^[0-9A-Fa-f]{1,40}$/.test(serial)) return null;
  const [revoked = '', reason = ''] = revocation.split(',');
  const at = momentIn(revoked);
  if (status === 'R' && at === null) return null;
  return {
    serialNumber: normalSerial(serial),
    subject: subject.slice(0, 1024),
    notAfter,
    revoked: status === 'R' && at !== null ? { at, reason: reasonIn(reason) } : null,
  };
}

const reasonIn = (text: string): RevocationReason => OTHER_REASONS[text] ?? findReason(text) ?? 'unspecified';

/** What OpenSSL writes instead of the reason if more is known: `-crl_compromise`, `-crl_CA_compromise`, `-crl_hold`. */
const OTHER_REASONS: Readonly<Record<string, RevocationReason | undefined>> = {
  keyTime: 'keyCompromise',
  CAkeyTime: 'cACompromise',
  holdInstruction: 'certificateHold',
};

/** '300102030405Z' or '20300102030405Z'. */
function momentIn(text: string): Date | null {
  if (!/^\d{12}(\d\d)?Z$/.test(text)) return null;
  const moment = momentOf({
    tag: text.length === 13 ? 0x17 : 0x18,
    content: Buffer.from(text),
    raw: Buffer.alloc(0),
  });
  return Number.isNaN(moment.getTime()) ? null : moment;
}

/** The same of an authority of this library. */
export const indexOf = (records: readonly CertificateRecord[], now: number): string =>
  records
    .filter(({ state }) => state === 'issued')
    .map((record) => {
      const { revoked, notAfter, serialNumber, subject } = record;
      const status = revoked !== null ? 'R' : notAfter.getTime() < now ? 'E' : 'V';
      const revocation = revoked === null ? '' : `${stampOf(revoked.at)},${revoked.reason}`;
      // OpenSSL takes a slash for the end of a part, and a tab for the end of a field.
      const name = subject
        .replace(/[/\t\r\n]/g, ' ')
        .split(', ')
        .reverse()
        .join('/');
      return `${[status, stampOf(notAfter), revocation, serialNumber, 'unknown', `/${name}`].join('\t')}\n`;
    })
    .join('');

const stampOf = (moment: Date): string => {
  const digits = moment.toISOString().slice(0, 19).replace(/\D/g, '');
  return `${moment.getUTCFullYear() < 2050 ? digits.slice(2) : digits}Z`;
};
