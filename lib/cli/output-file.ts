import { existsSync } from 'node:fs';
import { errorCode } from '../base/errors/error-code.js';
import { type FileReaders, writePrivateFile } from '../windows/import-export/write-file.js';
import { UsageError } from './usage-error.js';

/**
 * Finds out early, before a password is asked for, that a file would not be written.
 * @throws {UsageError} when the file exists and `force` is not given
 */
export function refuseToOverwrite(path: string, force: boolean): void {
  if (!force && existsSync(path)) throw alreadyThere(path);
}

/**
 * Writes the file of --out, completely or not at all.
 * @param force whether an existing file is replaced
 * @param readers who can read it; 'folder' for what has no secrets
 * @throws {UsageError} when the file exists and is not replaced, or cannot be written
 */
export async function writeOutput(
  path: string,
  content: Uint8Array | string,
  force: boolean,
  readers: FileReaders = 'owner',
): Promise<void> {
  try {
    await writePrivateFile(path, content, { overwrite: force, readers });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (errorCode(error) === 'EEXIST') throw alreadyThere(path);
    throw new UsageError(`--out: ${error.message}`);
  }
}

const alreadyThere = (path: string): UsageError =>
  new UsageError(`${path} exists. Choose another name, or replace it with --force`);
