import { SchannelError } from '../../base/errors/schannel-error.js';
import { errorCode } from '../../base/errors/error-code.js';
import { toError } from '../../base/errors/to-error.js';
import { printable, printableList } from '../../base/text/printable.js';
import { damagedFile } from '../../formats/asn1/damaged-file.js';
import { toPrivateKey } from '../../formats/private-key/private-key.js';
import { reasonOfNumber } from '../../formats/revocation/reasons.js';
import { CertificateContents } from '../../formats/x509/certificate-contents.js';
import { certificateInFile, parseCertificate } from '../../formats/x509/certificate-of.js';
import { isNamedIssuer, isSignedBy, issuersAbove } from '../../formats/x509/issuers.js';
import { momentOf } from '../../formats/x509/outline.js';
import { parseRevocationLists } from '../../formats/x509/revocation-list.js';
import { badTemplate } from './errors.js';
import { normalSerial } from './find.js';
import type { ForeignAuthority, ForeignCertificate, ImportSourceOptions } from './foreign-authority.js';
import { type Template, TEMPLATES } from './template.js';
import { readXcaTemplate } from './xca-template.js';

/** The part of node:sqlite that is needed. */
interface Sqlite {
  readonly DatabaseSync: new (
    file: string,
    options: { readonly readOnly: true },
  ) => Database & { close(): void };
}

interface Database {
  prepare(sql: string): {
    all(...values: readonly (string | number)[]): readonly Record<string, unknown>[];
  };
}

/** Node has it from 22.13 on. */
function sqlite(): Sqlite {
  const found: unknown = process.getBuiltinModule('node:sqlite');
  const isThere = (value: unknown): value is Sqlite =>
    typeof value === 'object' && value !== null && 'DatabaseSync' in value;
  if (isThere(found)) return found;
  throw new SchannelError(
    'ERR_SCHANNEL_IMPORT_UNSUPPORTED',
    `Node.js ${process.versions.node} cannot read the database of XCA`,
    {
      advice:
        'Use Node.js 22.13 or later. Or export from XCA: the certificate and the key of the authority as PEM into cacert.pem ' +
        'and private/cakey.pem of a folder, and "Certificate index" into its index.txt; then import that folder.',
    },
  );
}

/** Rows that are read of any table. */
const MOST_ROWS = 500_000;

/**
 * All rows of a query. It never leaves any out: a revocation that is left out is one that nobody learns of.
 *
 * @throws SchannelError ERR_SCHANNEL_IMPORT_TOO_LARGE
 */
export function rowsOf(
  database: Database,
  sql: string,
  values: readonly (string | number)[],
  most = MOST_ROWS,
): readonly Record<string, unknown>[] {
  const rows = database.prepare(`${sql} LIMIT ${most + 1}`).all(...values);
  if (rows.length <= most) return rows;
  throw new SchannelError(
    'ERR_SCHANNEL_IMPORT_TOO_LARGE',
    `A table in the database of XCA has more than ${most} rows`,
    {
      advice:
        'Remove expired certificates of this authority in XCA, or other authorities, from a copy of it.',
    },
  );
}

/**
 * Reads an authority out of a database of XCA, 2.0 or later. If there are several with a key, `sourceName` says which
 * one.
 *
 * @throws SchannelError ERR_SCHANNEL_IMPORT_UNSUPPORTED without node:sqlite, ERR_SCHANNEL_IMPORT_UNRECOGNIZED,
 *   ERR_SCHANNEL_IMPORT_DAMAGED, ERR_SCHANNEL_IMPORT_TOO_LARGE, ERR_SCHANNEL_IMPORT_PASSWORD_MISSING,
 *   ERR_SCHANNEL_IMPORT_PASSWORD_WRONG
 */
export function readXcaDatabase(file: string, options: ImportSourceOptions): ForeignAuthority {
  const { DatabaseSync } = sqlite();
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = (sql: string, ...values: readonly (string | number)[]): readonly Record<string, unknown>[] =>
    rowsOf(database, sql, values);
  try {
    const found = chosen(rows(AUTHORITIES), options);
    const certificate = bytesOf(found['cert']);
    const own = certificateInFile(certificate);
    const all = rows('SELECT cert FROM certs').flatMap(({ cert }) => parseCertificate(bytesOf(cert)) ?? []);
    const revoked = new Map(
      rows('SELECT serial, date, reasonBit FROM revocations WHERE caId = ?', Number(found['item'])).map(
        (row) => [
          normalSerial(String(row['serial'])),
          { at: momentIn(row['date']), reason: reasonOfNumber(Number(row['reasonBit'])) ?? 'unspecified' },
        ],
      ),
    );
    const known = new Map<string, ForeignCertificate>();
    for (const each of all) {
      if (
        each.fingerprint256 === own.fingerprint256 ||
        !isNamedIssuer(own, each) ||
        !isSignedBy(each, own.publicKey)
      )
        continue;
      const serialNumber = normalSerial(each.serialNumber);
      const { subject, validTo } = new CertificateContents(each.raw);
      known.set(serialNumber, {
        serialNumber,
        certificate: each.raw,
        subject,
        notAfter: validTo,
        revoked: revoked.get(serialNumber) ?? null,
      });
    }
    // XCA forgets certificates that are deleted, but not their revocation. Their end is unknown: as late as possible.
    const notAfter = new CertificateContents(own.raw).validTo;
    for (const [serialNumber, revocation] of revoked) {
      if (!known.has(serialNumber)) {
        known.set(serialNumber, {
          serialNumber,
          certificate: null,
          subject: '',
          notAfter,
          revoked: revocation,
        });
      }
    }
    const lists = [
      Number(found['crlNo'] ?? 0),
      ...rows('SELECT crl FROM crls WHERE issuer = ?', Number(found['item'])).map(({ crl }) =>
        listNumber(bytesOf(crl)),
      ),
    ].filter((number) => Number.isSafeInteger(number) && number > 0);
    const { templates, leftOut } = templatesIn(
      rows('SELECT items.name, templates.template FROM templates JOIN items ON items.id = templates.item'),
    );
    return {
      chain: [own.raw, ...issuersAbove(own, all, 'signature').map(({ raw }) => raw)],
      key: toPrivateKey(bytesOf(found['private']), options.sourcePassphrase),
      issued: [...known.values()],
      lists: Math.max(0, ...lists),
      templates,
      leftOut,
    };
  } catch (error) {
    throw errorCode(error) === 'ERR_SQLITE_ERROR'
      ? damagedFile('tables that SQLite cannot read', error)
      : error;
  } finally {
    database.close();
  }
}

/** Certificates of authorities whose private key is there. */
const AUTHORITIES = `
  SELECT certs.item, certs.cert, private_keys.private, authority.crlNo
  FROM certs
  JOIN x509super ON x509super.item = certs.item
  JOIN private_keys ON private_keys.item = x509super.pkey
  LEFT JOIN authority ON authority.item = certs.item
  WHERE certs.ca = 1`;

/** The number of a list in the database, which may come from elsewhere; 0 for none. */
function listNumber(der: Uint8Array): number {
  try {
    return parseRevocationLists(der)[0]?.number ?? 0;
  } catch {
    return 0;
  }
}

function templatesIn(
  found: readonly Record<string, unknown>[],
): Required<Pick<ForeignAuthority, 'templates' | 'leftOut'>> {
  const templates: Template[] = [];
  const leftOut: string[] = [];
  for (const row of found) {
    const name = String(row['name']);
    try {
      const template = readXcaTemplate(name, bytesOf(row['template']));
      if (TEMPLATES.has(template.name) || templates.some((each) => each.name === template.name)) {
        throw badTemplate(`${template.name} is there already`);
      }
      templates.push(template);
    } catch (error) {
      if (errorCode(error) !== 'ERR_SCHANNEL_CA_TEMPLATE') throw error;
      leftOut.push(`the template ${printable(name, 64)} was left out: ${toError(error).message}`);
    }
  }
  return { templates, leftOut };
}

function chosen(
  found: readonly Record<string, unknown>[],
  { sourceName }: ImportSourceOptions,
): Record<string, unknown> {
  const nameOf = (row: Record<string, unknown>): string =>
    new CertificateContents(bytesOf(row['cert'])).commonName ?? '';
  const matching = sourceName === undefined ? found : found.filter((row) => nameOf(row) === sourceName);
  const [only, ...others] = matching;
  if (only !== undefined && others.length === 0) return only;
  const names = printableList(found.map(nameOf));
  throw new SchannelError(
    'ERR_SCHANNEL_IMPORT_UNRECOGNIZED',
    found.length === 0
      ? 'The database of XCA has no authority with its private key'
      : `The database of XCA has several authorities, or none with that name: ${names}`,
    { advice: 'Say which one by its common name.' },
  );
}

const bytesOf = (base64: unknown): Buffer => Buffer.from(String(base64), 'base64');

/** '20300102030405Z' */
function momentIn(value: unknown): Date {
  const moment = momentOf({ tag: 0x18, content: Buffer.from(String(value)), raw: Buffer.alloc(0) });
  return Number.isNaN(moment.getTime()) ? new Date(0) : moment;
}
