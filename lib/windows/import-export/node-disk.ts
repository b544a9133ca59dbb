import * as files from 'node:fs/promises';
import type { Disk, DiskFile } from './write-file.js';

/** The functions of node:fs/promises that are needed. */
export type FileSystem = Pick<typeof files, 'open' | 'rename' | 'unlink'>;

const PRIVATE = 0o600;

/** Uses node:fs, on a system with file modes. */
export const nodeDisk =
  (fileSystem: FileSystem = files): Disk =>
  async (file) => {
    const { target, temporary, overwrite } = file;
    // Reserves the name first, so that a file that another process creates now is not replaced.
    if (!overwrite) await (await fileSystem.open(target, 'wx', PRIVATE)).close();
    try {
      await writeThrough(file, fileSystem);
      await fileSystem.rename(temporary, target);
    } catch (error) {
      await fileSystem.unlink(temporary).catch(() => undefined);
      if (!overwrite) await fileSystem.unlink(target).catch(() => undefined);
      throw error;
    }
  };

async function writeThrough({ temporary, content }: DiskFile, fileSystem: FileSystem): Promise<void> {
  const handle = await fileSystem.open(temporary, 'wx', PRIVATE);
  try {
    await handle.writeFile(content);
    // Otherwise a power failure may leave an empty file.
    await handle.sync();
  } finally {
    await handle.close();
  }
}
