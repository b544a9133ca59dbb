import { stat } from 'node:fs/promises';
import { pfxFilesIn } from '../../../exchange/folder.js';
import { previewImport, type ImportPreview } from '../../../exchange/import.js';
import { UsageError } from '../../usage-error.js';
import type { FilePasswords } from './file-passwords.js';

/** A file that was read, and can be imported without a question. */
export interface ReadableFile {
  readonly file: string;
  readonly password: string | undefined;
  readonly preview: ImportPreview;
}

/** A file that cannot be imported. */
export interface UnreadableFile {
  readonly file: string;
  readonly error: unknown;
}

/**
 * Reads all files before any of them is imported: so every question comes first, and a dry run knows what there is.
 * @param paths files, and folders, of which the PFX files count
 * @throws {UsageError} for a path where nothing is, or a folder without a PFX
 */
export async function readFiles(
  paths: readonly string[],
  recursive: boolean,
  passwords: FilePasswords,
): Promise<readonly (ReadableFile | UnreadableFile)[]> {
  const read: (ReadableFile | UnreadableFile)[] = [];
  for (const path of paths) {
    for (const file of await filesOf(path, recursive)) read.push(await readOne(file, passwords));
  }
  return read;
}

async function filesOf(path: string, recursive: boolean): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const files = await pfxFilesIn(path, recursive);
    if (files.length > 0) return files;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  throw new UsageError(`${path} has no *.pfx or *.p12`);
}

async function readOne(file: string, passwords: FilePasswords): Promise<ReadableFile | UnreadableFile> {
  try {
    return await passwords.try(file, async (password) => ({
      file,
      password,
      preview: await previewImport(file, password === undefined ? {} : { password }),
    }));
  } catch (error) {
    return { file, error };
  }
}
