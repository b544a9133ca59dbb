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

/** Which certificates a file has for which store. */
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
export const previewImport = async (
  source: FileSource,
  options: ReadImportOptions = {},
): Promise<ImportPreview> => (await prepareImport(source, options)).preview;

/** A file that was read, and can be imported as it was then, whatever becomes of it meanwhile. */
export interface PreparedImport {
  readonly preview: ImportPreview;
  /** Imports what {@link preview} tells of. @throws as {@link importPfx} for stores and keys */
  run(options?: RunImportOptions): Promise<ImportResult>;
}

/**
 * Reads a file of any kind for an import that somebody is to confirm first: what is imported is what they were shown. Its
 * private keys are in memory until it is collected.
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
 * Imports change stores one after another: what one found there, and left there for that, another must not take back
 * because it failed.
 */
const imports = new SerialQueue();

async function runImport(plan: ImportPlan, options: RunImportOptions): Promise<ImportResult> {
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
