import { invalidType } from '../../base/errors/argument-error.js';
import { errorCode } from '../../base/errors/error-code.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { toError } from '../../base/errors/to-error.js';
import { mapBounded } from '../../base/async/map-bounded.js';
import { filesIn, PFX } from './folder.js';
import { checkImportOptions, type ImportOptions } from './import-options.js';
import type { ImportResult } from './import-result.js';
import { importPfx } from './import.js';
import { limitsOf } from './material.js';
import { readSource } from './source.js';

export interface ImportFolderOptions extends Omit<ImportOptions, 'password'> {
  /** One password for all files, or a function that returns the password of a file; undefined means none. */
  readonly password?:
    string | ((file: string) => string | undefined | Promise<string | undefined>) | undefined;
  /** Passwords to try on each file, in order. Instead of `password`. */
  readonly passwords?: readonly string[] | undefined;
  /** Also import subfolders. Default false. */
  readonly recursive?: boolean | undefined;
  /** Called with each report when it is complete, in no particular order. */
  readonly onReport?: ((report: ImportFileReport) => void) | undefined;
}

/** The result for one file of a folder. */
export type ImportFileReport =
  | {
      readonly file: string;
      /** 'skipped': everything was there already, or is a root without `trustRoot`. */
      readonly outcome: 'imported' | 'skipped';
      /** Its certificates with a key. */
      readonly identities: readonly { readonly subject: string; readonly thumbprint: string }[];
    }
  | {
      readonly file: string;
      readonly outcome: 'failed';
      /** 'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG', 'EACCES'; null for an error without a code. */
      readonly code: string | null;
      readonly error: Error;
    };

/** Files read at the same time; their keys are derived on separate threads. */
const AT_A_TIME = 4;

/**
 * Imports every PFX of a folder (*.pfx, *.p12) as importPfx() does. A file that fails does not stop the others.
 *
 * @returns a report for each file, sorted by path
 * @throws Error of node:fs for the folder; AbortError, which does not undo what was imported so far
 */
export async function importPfxFolder(
  folder: string,
  options: ImportFolderOptions = {},
): Promise<ImportFileReport[]> {
  const { password, passwords, recursive = false, onReport, ...rest } = options;
  checkImportOptions({ ...rest, ...(typeof password !== 'function' && { password }) });
  if (passwords?.some((each) => typeof each !== 'string') === true) {
    throw invalidType('passwords', 'a list of strings', passwords);
  }
  const candidates = async (file: string): Promise<readonly (string | undefined)[]> =>
    passwords ?? [typeof password === 'function' ? await password(file) : password];

  return mapBounded(await filesIn(folder, PFX, recursive), AT_A_TIME, async (file) => {
    rest.signal?.throwIfAborted();
    const report = await reportOn(file, () => importByAny(file, candidates, rest));
    rest.signal?.throwIfAborted();
    onReport?.(report);
    return report;
  });
}

async function reportOn(file: string, run: () => Promise<ImportResult>): Promise<ImportFileReport> {
  try {
    const result = await run();
    const changed = result.placements.some(({ action }) => action === 'added' || action === 'replaced');
    const identities = result.identities.map(({ subject, thumbprint }) => ({ subject, thumbprint }));
    result[Symbol.dispose]();
    return { file, outcome: changed ? 'imported' : 'skipped', identities };
  } catch (thrown) {
    const error = toError(thrown);
    return {
      file,
      outcome: 'failed',
      code: errorCode(error) || null,
      error,
    };
  }
}

/** Reads the file once. @throws the error for the last password */
async function importByAny(
  file: string,
  candidates: (file: string) => Promise<readonly (string | undefined)[]>,
  options: Omit<ImportOptions, 'password'>,
): Promise<ImportResult> {
  const passwords = await candidates(file);
  const bytes = await readSource(file, limitsOf(options.limits).bytes);
  for (const password of passwords.slice(0, -1)) {
    try {
      return await importPfx(bytes, { ...options, password });
    } catch (error) {
      if (!isPasswordRefused(error)) throw error;
    }
  }
  return importPfx(bytes, { ...options, password: passwords.at(-1) });
}

const isPasswordRefused = (error: unknown): boolean =>
  error instanceof SchannelError &&
  (error.code === 'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG' ||
    error.code === 'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING');
