import { stat } from 'node:fs/promises';
import { filesIn, PFX } from '../../../windows/import-export/folder.js';
import { limitsOf } from '../../../windows/import-export/material.js';
import { readSource } from '../../../windows/import-export/source.js';
import { UsageError } from '../../usage-error.js';
import type { FilePasswords } from './file-passwords.js';
import type { CertificateLibrary } from '../../command-context.js';
import type { PreparedImport } from '../../../windows/import-export/import.js';

/** A file that was read and can be imported without another question. */
export interface ReadableFile {
  readonly file: string;
  readonly prepared: PreparedImport;
}

/** A file that cannot be imported. */
export interface UnreadableFile {
  readonly file: string;
  readonly error: unknown;
}

/**
 * Reads all files before the first is imported, so that every question comes first and what is imported is what was
 * confirmed.
 * @param paths files, and folders, from which the PFX files are taken
 * @throws {UsageError} for a path that does not exist, or a folder without a PFX
 */
export async function readFiles(
  paths: readonly string[],
  recursive: boolean,
  passwords: FilePasswords,
  library: Pick<CertificateLibrary, 'prepareImport'>,
): Promise<readonly (ReadableFile | UnreadableFile)[]> {
  const read: (ReadableFile | UnreadableFile)[] = [];
  for (const path of paths) {
    for (const file of await filesOf(path, recursive)) read.push(await readOne(file, passwords, library));
  }
  return read;
}

async function filesOf(path: string, recursive: boolean): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const files = await filesIn(path, PFX, recursive);
    if (files.length > 0) return files;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  throw new UsageError(`There is no *.pfx or *.p12 in ${path}`);
}

async function readOne(
  file: string,
  passwords: FilePasswords,
  library: Pick<CertificateLibrary, 'prepareImport'>,
): Promise<ReadableFile | UnreadableFile> {
  try {
    const bytes = await readSource(file, limitsOf().bytes);
    const prepared = await passwords.try(file, (password) => library.prepareImport(bytes, { password }));
    return { file, prepared };
  } catch (error) {
    return { file, error };
  }
}
