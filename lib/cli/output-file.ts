import { existsSync } from 'node:fs';
import { errorCode } from '../base/errors/error-code.js';
import { writePrivateFile } from '../windows/import-export/write-file.js';
import { UsageError } from './usage-error.js';

/**
 * Says early, before a password is asked for, that a file would not be written.
 * @throws {UsageError} when there is one already and `force` is not given
 */
export function refuseToOverwrite(path: string, force: boolean): void {
  if (!force && existsSync(path)) throw alreadyThere(path);
}

/**
 * Writes the file of --out, whole or not at all.
 * @param force whether a file of that name is replaced
 * @throws {UsageError} when there is one and it is not replaced, or the place cannot be written to
 */
export async function writeOutput(path: string, content: Uint8Array | string, force: boolean): Promise<void> {
  try {
    await writePrivateFile(path, content, { overwrite: force });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (errorCode(error) === 'EEXIST') throw alreadyThere(path);
    throw new UsageError(`--out: ${error.message}`);
  }
}

const alreadyThere = (path: string): UsageError =>
  new UsageError(`${path} is there already: choose another name, or replace it with --force`);
