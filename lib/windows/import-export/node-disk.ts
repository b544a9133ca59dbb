import * as files from 'node:fs/promises';
import type { Disk, DiskFile } from './write-file.js';

/** What is needed of node:fs/promises. */
export type FileSystem = Pick<typeof files, 'open' | 'rename' | 'unlink'>;

const PRIVATE = 0o600;

/** By node:fs, on a system that knows modes. */
export const nodeDisk =
  (fileSystem: FileSystem = files): Disk =>
  async (file) => {
    const { target, temporary, overwrite } = file;
    // The name is taken at once, so that nobody else's file of this moment is replaced.
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
    // Without it a power failure may leave the name with nothing behind it.
    await handle.sync();
  } finally {
    await handle.close();
  }
}
