import { type X509Certificate } from 'node:crypto';
import type { Certificate } from '../store/certificate.js';
import { executePlan } from './execute-plan.js';
import {
  checkImportOptions,
  type ImportOptions,
  type ReadImportOptions,
  type RunImportOptions,
} from './import-options.js';
import { type ImportResult, resultOf } from './import-result.js';
import type { ImportPlan } from './plan.js';
import { type FileKind, readPlan } from './read-plan.js';
import type { FileSource } from './source.js';
import { SerialQueue } from '../../base/async/serial-queue.js';
import { WindowsTarget } from './windows-target.js';

/** The certificates of a file, by target store. */
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
 * Imports a PFX (PKCS #12), given by path or bytes: certificates with a key into MY, intermediate authorities into CA,
 * and self-signed roots into Root only with `trustRoot`. If anything fails, everything that was added is removed.
 * Importing the same file again adds nothing.
 *
 * Each key gets a separate container with a new name, in CNG. The name and the provider in the file are ignored.
 *
 * @throws SchannelError
 * - ERR_SCHANNEL_IMPORT_…: the file, as parsing it says; ERR_SCHANNEL_IMPORT_PASSWORD_MISSING and _WRONG for its
 *   password, ERR_SCHANNEL_IMPORT_UNSUPPORTED for an encryption that cannot be read
 * - ERR_SCHANNEL_IMPORT_LEFTOVERS: it failed (see `cause`), and not everything could be removed
 * - ERR_SCHANNEL_STORE_…, ERR_SCHANNEL_KEY_…: Windows refuses a certificate or a key
 * @throws Error of node:fs for the path; AbortError
 */
export const importPfx = (source: FileSource, options: ImportOptions = {}): Promise<ImportResult> =>
  importAs('pfx', source, options);

/**
 * Imports the certificates of PEM (any number of them), DER or P7B as {@link importPfx} does; a certificate with its
 * private key in the file is imported with that key.
 *
 * @param source a path, bytes, or PEM text
 * @throws as {@link importPfx}
 */
export const importCertificates = (source: FileSource, options: ImportOptions = {}): Promise<ImportResult> =>
  importAs('certificates', source, options);

/** Imports a file of any of these kinds, detected by its content. @throws as {@link importPfx} */
export const importFile = (source: FileSource, options: ImportOptions = {}): Promise<ImportResult> =>
  importAs('any', source, options);

/**
 * Reads a file of any kind like an import, and changes nothing. Works on any system.
 *
 * @throws as {@link importPfx} for the file
 */
export const previewImport = async (
  source: FileSource,
  options: ReadImportOptions = {},
): Promise<ImportPreview> => (await prepareImport(source, options)).preview;

/** A file that was read, and can be imported as it was then, even if it changes on disk. */
export interface PreparedImport {
  readonly preview: ImportPreview;
  /** Imports what {@link preview} shows. @throws as {@link importPfx} for stores and keys */
  run(options?: RunImportOptions): Promise<ImportResult>;
}

/**
 * Reads a file of any kind for an import that a user confirms first: exactly what was shown is imported. Its private
 * keys stay in memory until this object is garbage-collected.
 *
 * @throws as {@link importPfx} for the file
 */
export const prepareImport = (source: FileSource, options: ReadImportOptions = {}): Promise<PreparedImport> =>
  prepareAs('any', source, options);

async function prepareAs(
  kind: FileKind,
  source: FileSource,
  options: ReadImportOptions,
): Promise<PreparedImport> {
  checkImportOptions(options);
  const plan = await readPlan(kind, source, options);
  return { preview: previewOf(plan), run: (runOptions = {}) => runImport(plan, runOptions) };
}

async function importAs(
  kind: FileKind,
  source: FileSource,
  { password, limits, ...options }: ImportOptions,
): Promise<ImportResult> {
  checkImportOptions(options);
  const prepared = await prepareAs(kind, source, { password, limits, signal: options.signal });
  return prepared.run(options);
}

const previewOf = ({
  identities,
  others,
  authorities,
  roots,
  keysWithoutCertificate,
}: ImportPlan): ImportPreview => ({
  identities: identities.map(({ certificate, friendlyName }) => ({ certificate, friendlyName })),
  certificates: others,
  authorities,
  roots,
  keysWithoutCertificate,
});

/**
 * Imports run one at a time: if one finds a certificate in place and keeps it, another that fails must not remove it.
 */
const imports = new SerialQueue();

/** Internal: executes a plan in Windows. @throws as {@link importPfx} for stores and keys */
export async function runImport(plan: ImportPlan, options: RunImportOptions): Promise<ImportResult> {
  checkImportOptions(options);
  return imports.run(async () => {
    const target = await WindowsTarget.open(options);
    try {
      const { friendlyName, trustRoot = false, onExisting = 'keep', signal } = options;
      return resultOf(
        await executePlan<Certificate>(plan, target, { friendlyName, trustRoot, onExisting, signal }),
        plan.keysWithoutCertificate,
        target,
      );
    } catch (error) {
      target[Symbol.dispose]();
      throw error;
    }
  });
}
