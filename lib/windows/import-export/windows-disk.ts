import path from 'node:path';
import type { Native } from '../../native/binding.js';
import type { NativeEnd } from '../../native/store-binding.js';
import { fileError } from './file-error.js';
import type { Disk } from './write-file.js';

/**
 * By Windows itself: node:fs can give a new file no permissions but those of its folder. Until the file is whole it goes
 * with the process, however that ends.
 */
export const windowsDisk =
  (system: Pick<Native, 'userSid' | 'writeWhole'>): Disk =>
  async ({ target, temporary, content, overwrite }) => {
    const request = {
      path: path.toNamespacedPath(target),
      temporary: path.toNamespacedPath(temporary),
      security: ownerOnly(system.userSid()),
      content,
      replace: overwrite,
    };
    const end = await new Promise<NativeEnd>((resolve) => {
      system.writeWhole(request, resolve);
    });
    if (end.status !== 0) throw fileError(end, target);
  };

/**
 * Protected from what the folder would pass on; all access for the user, and for the owner (OWNER RIGHTS, "Well-known
 * SIDs"): on a share that is another account than here, and in an elevated process it may be the administrators.
 */
const ownerOnly = (user: string): string => `D:P(A;;FA;;;${user})(A;;FA;;;OW)`;
