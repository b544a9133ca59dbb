import { type X509Certificate } from 'node:crypto';
import { SchannelError } from '../errors/schannel-error.js';
import { beginsLikePfx } from '../pfx/envelope.js';
import type { Certificate } from '../store/certificate.js';
import { carryOut, type Placement } from './carry-out.js';
import { checkImportOptions, type ImportOptions } from './import-options.js';
import { readMaterialOffThread } from './material-off-thread.js';
import { limitsOf, type MaterialRequest } from './material.js';
import { type ImportPlan, planImport } from './plan.js';
import { type FileSource, readSource } from './source.js';
import { Turns } from './turns.js';
import { WindowsTarget } from './windows-target.js';

/** What became of a file. Its certificates are closed when it is disposed of; they stay where they are. */
export interface ImportResult extends Disposable {
  /** Those with a key, the leaf of the file first. */
  readonly identities: readonly Certificate[];
  /** Those without a key that are no authorities; in the same store. */
  readonly certificates: readonly Certificate[];
  /** Intermediate authorities. */
  readonly authorities: readonly Certificate[];
  /** Self-signed ones, also where one is among the identities. */
  readonly roots: readonly {
    readonly certificate: Certificate;
    readonly action: Placement<Certificate>['action'];
  }[];
  /** All of them, with what became of each. */
  readonly placements: readonly Placement<Certificate>[];
  /** How many keys of the file were left out, since it has no certificate for them. */
  readonly keysWithoutCertificate: number;
}

/** Which certificates a file has for which store, by {@link previewImport}. */
export interface ImportPreview {
  readonly identities: readonly {
    readonly certificate: X509Certificate;
    readonly friendlyName: string | null;
  }[];
  readonly certificates: readonly X509Certificate[];
  readonly authorities: readonly X509Certificate[];
  readonly roots: readonly X509Certificate[];
  readonly keysWithoutCertificate: number;
}

/**
 * Imports a PFX (PKCS #12), by its path or its bytes: certificates with a key into MY, intermediate authorities into CA,
 * self-signed roots into Root only if that is asked for. All of it, or nothing: when anything fails, what had been added
 * is removed. Imported again, it adds nothing.
 *
 * Each key gets a container of its own with a new name, in CNG; whatever name and provider the file has for it.
 *
 * @throws SchannelError
 * - ERR_SCHANNEL_IMPORT_…: the file, as parsing it says; ERR_SCHANNEL_IMPORT_PASSWORD_MISSING and _WRONG for its
 *   password, ERR_SCHANNEL_IMPORT_UNSUPPORTED for an encryption that cannot be read
 * - ERR_SCHANNEL_IMPORT_LEFTOVERS: it failed, as `cause` tells, and not all could be taken back
 * - ERR_SCHANNEL_STORE_…, ERR_SCHANNEL_KEY_…: Windows takes a certificate or a key not
 * @throws Error of node:fs for the path; AbortError
 */
export const importPfx = (source: FileSource, options: ImportOptions = {}): Promise<ImportResult> =>
  importAs('pfx', source, options);

/**
 * Imports the certificates of PEM (any number of them), DER or P7B as {@link importPfx} does; what has its private key
 * in the file too is imported with it.
 *
 * @param source a path, bytes, or PEM text
 * @throws as {@link importPfx}
 */
export const importCertificates = (source: FileSource, options: ImportOptions = {}): Promise<ImportResult> =>
  importAs('certificates', source, options);

/** Imports a file of any of these kinds, told by what is in it. @throws as {@link importPfx} */
export const importFile = (source: FileSource, options: ImportOptions = {}): Promise<ImportResult> =>
  importAs('any', source, options);

/**
 * Reads a file of any kind as an import would, and changes nothing. On any system.
 *
 * @throws as {@link importPfx} for the file
 */
export async function previewImport(
  source: FileSource,
  options: Pick<ImportOptions, 'password' | 'limits' | 'signal'> = {},
): Promise<ImportPreview> {
  checkImportOptions(options);
  const { identities, others, authorities, roots, keysWithoutCertificate } = await planOf(
    'any',
    source,
    options,
  );
  return {
    identities: identities.map(({ certificate, friendlyName }) => ({ certificate, friendlyName })),
    certificates: others,
    authorities,
    roots,
    keysWithoutCertificate,
  };
}

/**
 * Imports change stores one after another: what one found there, and left there for that, another must not take back
 * because it failed.
 */
const turns = new Turns();

async function importAs(
  kind: MaterialRequest['kind'] | 'any',
  source: FileSource,
  options: ImportOptions,
): Promise<ImportResult> {
  checkImportOptions(options);
  const plan = await planOf(kind, source, options);
  return turns.take(async () => {
    const target = await WindowsTarget.open(options);
    try {
      const { friendlyName, trustRoot = false, onExisting = 'keep', signal } = options;
      return resultOf(
        await carryOut<Certificate>(plan, target, { friendlyName, trustRoot, onExisting, signal }),
        plan.keysWithoutCertificate,
        target,
      );
    } catch (error) {
      target[Symbol.dispose]();
      throw error;
    }
  });
}

async function planOf(
  kind: MaterialRequest['kind'] | 'any',
  source: FileSource,
  { password, limits: given, signal }: Pick<ImportOptions, 'password' | 'limits' | 'signal'>,
): Promise<ImportPlan> {
  const limits = limitsOf(given);
  const bytes = await readSource(
    kind !== 'pfx' && isPem(source) ? Buffer.from(source) : source,
    limits.bytes,
  );
  const isPfx = beginsLikePfx(bytes);
  if (kind === 'certificates' && isPfx) throw pfxGiven();
  const request = {
    kind: isPfx || kind === 'pfx' ? 'pfx' : 'certificates',
    bytes,
    password,
    limits,
  } as const;
  return planImport(await readMaterialOffThread(request, signal));
}

const isPem = (source: FileSource): source is string =>
  typeof source === 'string' && source.includes('-----BEGIN ');

const pfxGiven = (): SchannelError =>
  new SchannelError('ERR_SCHANNEL_IMPORT_UNRECOGNIZED', 'The file is a PFX (PKCS #12)', {
    advice: 'Import it by importPfx().',
  });

function resultOf(
  placements: readonly Placement<Certificate>[],
  keysWithoutCertificate: number,
  target: Disposable,
): ImportResult {
  const of = (role: Placement<Certificate>['role']): Certificate[] =>
    placements.filter((placement) => placement.role === role).map(({ certificate }) => certificate);
  return {
    identities: of('identity'),
    certificates: of('certificate'),
    authorities: of('authority'),
    roots: placements
      .filter(({ role }) => role === 'root')
      .map(({ certificate, action }) => ({ certificate, action })),
    placements,
    keysWithoutCertificate,
    [Symbol.dispose]: () => target[Symbol.dispose](),
  };
}
