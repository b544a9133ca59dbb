import * as files from 'node:fs/promises';
import type { Disk, DiskFile } from './write-file.js';

/** The functions of node:fs/promises that are needed. */
export type FileSystem = Pick<typeof files, 'open' | 'rename' | 'unlink'>;

/** The system takes away what its mask of file modes (umask) says. */
const modeFor = ({ readers }: DiskFile): number => (readers === 'folder' ? 0o666 : 0o600);

/** Uses node:fs, on a system with file modes. */
export const nodeDisk =
  (fileSystem: FileSystem = files): Disk =>
  async (file) => {
    const { target, temporary, overwrite } = file;
    // Reserves the name first, so that a file that another process creates now is not replaced.
    if (!overwrite) await (await fileSystem.open(target, 'wx', modeFor(file))).close();
    try {
      await writeThrough(file, fileSystem);
      await fileSystem.rename(temporary, target);
    } catch (error) {
      await fileSystem.unlink(temporary).catch(() => undefined);
      if (!overwrite) await fileSystem.unlink(target).catch(() => undefined);
      throw error;
    }
  };

async function writeThrough(file: DiskFile, fileSystem: FileSystem): Promise<void> {
  const handle = await fileSystem.open(file.temporary, 'wx', modeFor(file));
  try {
    await handle.writeFile(file.content);
    // Otherwise a power failure may leave an empty file.
    await handle.sync();
  } finally {
    await handle.close();
  }
}
