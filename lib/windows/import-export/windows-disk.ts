import path from 'node:path';
import type { Native } from '../../native/binding.js';
import type { NativeEnd } from '../../native/store-binding.js';
import { fileError } from './file-error.js';
import type { Disk } from './write-file.js';

/**
 * Uses Windows' functions: node:fs can't create a file with other permissions than its folder's. Until the file is
 * complete, it is deleted if the process ends for any reason.
 */
export const windowsDisk =
  (system: Pick<Native, 'userSid' | 'writeWhole'>): Disk =>
  async ({ target, temporary, content, overwrite, readers }) => {
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
 * Does not inherit permissions from the folder. Full access for the user and for the owner (OWNER RIGHTS, "Well-known
 * SIDs"): on a share the owner is another account, and in an elevated process it may be the administrators.
 */
const ownerOnly = (user: string): string => `D:P(A;;FA;;;${user})(A;;FA;;;OW)`;

/** Who else has full access: SYSTEM and the administrators. */
const MORE = { owner: '', administrators: '(A;;FA;;;SY)(A;;FA;;;BA)' } as const;
