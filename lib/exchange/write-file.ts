import { randomUUID } from 'node:crypto';
import * as files from 'node:fs/promises';
import path from 'node:path';

/** What is needed of node:fs/promises; tests have disks of their own. */
export type FileSystem = Pick<typeof files, 'open' | 'rename' | 'unlink'>;

export interface WriteFileOptions {
  /** Whether a file that is there already is replaced. Default false: EEXIST. */
  readonly overwrite?: boolean | undefined;
  readonly fileSystem?: FileSystem;
}

/**
 * Writes a file whole or not at all: into a temporary one beside it, which then takes its name. A full disk leaves
 * nothing. Only its owner may read it; Windows takes no mode, there the permissions of the folder hold.
 *
 * @throws Error of node:fs: EEXIST, ENOSPC, EACCES, …
 */
export async function writePrivateFile(
  target: string,
  content: string | Uint8Array,
  { overwrite = false, fileSystem = files }: WriteFileOptions = {},
): Promise<void> {
  // The name is taken at once, so that nobody else's file of this moment is replaced.
  if (!overwrite) await (await fileSystem.open(target, 'wx', PRIVATE)).close();
  const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${randomUUID()}.tmp`);
  try {
    await writeThrough(temporary, content, fileSystem);
    await fileSystem.rename(temporary, target);
  } catch (error) {
    await fileSystem.unlink(temporary).catch(() => undefined);
    if (!overwrite) await fileSystem.unlink(target).catch(() => undefined);
    throw error;
  }
}

const PRIVATE = 0o600;

async function writeThrough(
  file: string,
  content: string | Uint8Array,
  fileSystem: FileSystem,
): Promise<void> {
  const handle = await fileSystem.open(file, 'wx', PRIVATE);
  try {
    await handle.writeFile(content);
    // Without it a power failure may leave the name with nothing behind it.
    await handle.sync();
  } finally {
    await handle.close();
  }
}
