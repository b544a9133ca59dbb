import type { Dirent } from 'node:fs';
import * as files from 'node:fs/promises';
import path from 'node:path';
import type { Native } from '../../native/binding.js';
import type { NativeEnd } from '../../native/store-binding.js';
import { fileError } from './file-error.js';
import { isTemporaryOf } from './temporary-name.js';
import type { Disk } from './write-file.js';

/** The functions of node:fs/promises that are needed. */
interface FileSystem {
  readdir(folder: string, options: { readonly withFileTypes: true }): Promise<Dirent[]>;
  unlink(path: string): Promise<void>;
}

/**
 * Uses Windows' functions: node:fs can't create a file with other permissions than its folder's. Until the file is
 * complete, it is deleted if the process ends for any reason. Between two calls of Windows it is not: before it is
 * marked for that, and while it takes its name, since a file that is to go takes no other name. What is left then, the
 * next one who writes a file of that name removes.
 */
export const windowsDisk =
  (system: Pick<Native, 'userSid' | 'writeWhole'>, fileSystem: FileSystem = files): Disk =>
  async ({ target, temporary, content, overwrite, readers }) => {
    await removeStale(target, fileSystem);
    const request = {
      path: path.toNamespacedPath(target),
      temporary: path.toNamespacedPath(temporary),
      security: readers === 'folder' ? '' : ownerOnly(system.userSid()) + MORE[readers],
      content,
      replace: overwrite,
    };
    const end = await new Promise<NativeEnd>((resolve) => {
      system.writeWhole(request, resolve);
    });
    if (end.status !== 0) throw fileError(end, target);
  };

/**
 * Removes the temporary files that earlier writers of this file left when they were killed. A living writer shares its
 * temporary file with nobody, and Windows does not delete it then (ERROR_SHARING_VIOLATION). Nothing here fails.
 */
async function removeStale(target: string, fileSystem: FileSystem): Promise<void> {
  const folder = path.dirname(target);
  try {
    for (const entry of await fileSystem.readdir(folder, { withFileTypes: true })) {
      // Neither folders nor links: this library makes none.
      if (!entry.isFile() || !isTemporaryOf(target, entry.name)) continue;
      await fileSystem.unlink(path.join(folder, entry.name)).catch(() => undefined);
    }
  } catch {
    // The folder may be written to, and not be listed.
  }
}

/**
 * Does not inherit permissions from the folder. Full access for the user and for the owner (OWNER RIGHTS, "Well-known
 * SIDs"): on a share the owner is another account, and in an elevated process it may be the administrators.
 */
const ownerOnly = (user: string): string => `D:P(A;;FA;;;${user})(A;;FA;;;OW)`;

/** Who else has full access: SYSTEM and the administrators. */
const MORE = { owner: '', administrators: '(A;;FA;;;SY)(A;;FA;;;BA)' } as const;
