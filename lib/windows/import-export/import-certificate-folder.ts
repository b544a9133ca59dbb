import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import { toError } from '../../base/errors/to-error.js';
import { hostNames } from '../../formats/x509/alternative-names.js';
import type { CertificateContents } from '../../formats/x509/certificate-contents.js';
import type { Certificate } from '../store/certificate.js';
import { parseStoreName } from '../store/store-name.js';
import { type CertificateStore, openStore } from '../store/store.js';
import { CertificateFolder, type FolderIdentity, type UnreadFile } from './certificate-folder.js';
import { checkImportOptions, type ImportOptions } from './import-options.js';
import { runImport } from './import.js';

export interface ImportCertificateFolderOptions extends Omit<ImportOptions, 'password'> {
  /**
   * Host names and addresses. For each, the best certificate is imported. Default: every certificate of the folder that
   * has a key.
   */
  readonly names?: readonly string[] | undefined;
  /** Passwords by domain. That of the domain that a file is named after is tried first, then the others. */
  readonly passwords?: Readonly<Record<string, string>> | undefined;
  /** Also look into subfolders. Default false. */
  readonly recursive?: boolean | undefined;
  /**
   * Archive earlier certificates of the store that have a key and exactly the same names: Windows hides them in lists.
   * Default false.
   */
  readonly archivePredecessors?: boolean | undefined;
}

/** The result for a certificate of the folder. */
export interface ImportedFromFolder {
  readonly subject: string;
  /** SHA-1. */
  readonly thumbprint: string;
  readonly validTo: Date;
  readonly names: readonly string[];
  /** That of the certificate, and that of the key if it is another. */
  readonly files: readonly string[];
  /** 'present': it was there already. */
  readonly outcome: 'imported' | 'present' | 'failed';
  /** Why it failed, or why predecessors could not be archived. */
  readonly error: Error | null;
  /** Thumbprints of the predecessors that were archived. */
  readonly archived: readonly string[];
}

/** What the folder has for a name. */
export interface NameInFolder {
  readonly name: string;
  /**
   * - 'found': `thumbprint` is in {@link CertificateFolderReport.certificates}
   * - 'expired': all that have a key have expired, or are not valid yet
   * - 'without-key': there is a certificate, and no key for it
   * - 'missing': there is no certificate
   */
  readonly outcome: 'found' | 'expired' | 'without-key' | 'missing';
  readonly thumbprint: string | null;
}

export interface CertificateFolderReport {
  /** In the order of the option; empty without it. */
  readonly names: readonly NameInFolder[];
  readonly certificates: readonly ImportedFromFolder[];
  /** Files that could not be read, with the reason: a password that is missing or wrong, for example. */
  readonly unread: readonly UnreadFile[];
  /** Files with a key for which the folder has no certificate. */
  readonly loneKeys: readonly string[];
}

/**
 * Imports certificates with their keys from a folder, in whatever form they are: `domain.crt` and `domain.key`, PEM
 * with both, PFX. Keys and certificates are paired by public key, and the authorities that a certificate needs come
 * along. A certificate that fails does not stop the others.
 *
 * @throws Error of node:fs for the folder; AbortError, which does not undo what was imported so far
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 */
export async function importCertificateFolder(
  folder: string,
  options: ImportCertificateFolderOptions = {},
): Promise<CertificateFolderReport> {
  const { names, passwords = {}, recursive = false, archivePredecessors = false, limits, ...rest } = options;
  checkImportOptions({ ...rest, limits });
  const wanted = names === undefined ? null : checkedNames(names);
  checkPasswords(passwords);
  const found = await CertificateFolder.read(folder, { passwords, recursive, limits, signal: rest.signal });
  const findings = (wanted ?? []).map((name) => ({ name, finding: found.find(name) }));
  const chosen =
    wanted === null
      ? found.identities
      : findings.flatMap(({ finding }) => (finding.outcome === 'found' ? [finding.identity] : []));
  const certificates: ImportedFromFolder[] = [];
  for (const identity of new Set(chosen)) {
    rest.signal?.throwIfAborted();
    certificates.push(await importOne(identity, rest, archivePredecessors));
    rest.signal?.throwIfAborted();
  }
  return {
    names: findings.map(({ name, finding }) => ({
      name,
      outcome: finding.outcome,
      thumbprint: finding.outcome === 'found' ? finding.identity.contents.thumbprint : null,
    })),
    certificates,
    unread: found.unread,
    loneKeys: found.loneKeys,
  };
}

async function importOne(
  { plan, contents, files }: FolderIdentity,
  options: Omit<ImportOptions, 'password' | 'limits'>,
  archivePredecessors: boolean,
): Promise<ImportedFromFolder> {
  const { subject, thumbprint, validTo } = contents;
  const facts = { subject, thumbprint, validTo, names: namesOf(contents), files };
  let outcome: ImportedFromFolder['outcome'] = 'failed';
  const archived: string[] = [];
  try {
    const result = await runImport(plan, options);
    const own = result.placements.find(({ role }) => role === 'identity');
    outcome = own?.action === 'present' ? 'present' : 'imported';
    result[Symbol.dispose]();
    if (archivePredecessors) await archiveBefore(contents, options, archived);
    return { ...facts, outcome, error: null, archived };
  } catch (error) {
    return { ...facts, outcome, error: toError(error), archived };
  }
}

/** @param archived gets the thumbprint of each, even if a later one fails */
async function archiveBefore(
  successor: CertificateContents,
  { store = 'MY', location }: Pick<ImportOptions, 'store' | 'location'>,
  archived: string[],
): Promise<void> {
  const opened = typeof store === 'string' ? await openStore(parseStoreName(store, location).path) : store;
  try {
    for (const predecessor of await predecessorsIn(opened, successor)) {
      await predecessor.archive();
      archived.push(predecessor.thumbprint);
    }
  } finally {
    if (opened !== store) opened.close();
  }
}

function predecessorsIn(store: CertificateStore, successor: CertificateContents): Promise<Certificate[]> {
  const names = namesOf(successor).join('\n');
  // Without names it would be like any other without names.
  if (names === '') return Promise.resolve([]);
  return store.find({
    hasPrivateKey: true,
    where: (certificate) =>
      certificate.thumbprint !== successor.thumbprint &&
      certificate.validFrom <= successor.validFrom &&
      namesOf(certificate).join('\n') === names,
  });
}

const namesOf = ({ dnsNames, ipAddresses }: CertificateContents): string[] => [
  ...dnsNames.map((name) => name.toLowerCase()).sort(),
  ...[...ipAddresses].sort(),
];

function checkedNames(names: unknown): readonly string[] {
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) {
    throw invalidType('options.names', 'an array of strings', names);
  }
  // Fails for what is no name.
  hostNames(names);
  return names;
}

function checkPasswords(passwords: unknown): void {
  if (typeof passwords !== 'object' || passwords === null || Array.isArray(passwords)) {
    throw invalidType('options.passwords', 'an object with a password for each domain', passwords);
  }
  if (Object.values(passwords).every((password) => typeof password === 'string')) return;
  throw argumentError('ERR_INVALID_ARG_VALUE', "The property 'passwords' must have strings only");
}
