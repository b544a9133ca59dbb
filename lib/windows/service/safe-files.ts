import { existsSync } from 'node:fs';
import path from 'node:path';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable, printableList } from '../../base/text/printable.js';
import { foreignOwnerOf, type Strangers, strangersIn } from '../import-export/folder-rights.js';

/** What Windows says of files and folders. */
export interface FileRights {
  readonly exists: (place: string) => boolean;
  readonly strangersIn: (place: string, kind: 'folder' | 'file') => Promise<Strangers | null>;
  readonly foreignOwnerOf: (place: string) => Promise<string | null>;
}

export const WINDOWS_RIGHTS: FileRights = { exists: existsSync, strangersIn, foreignOwnerOf };

/**
 * Sees that nobody but administrators and this user can change what a service runs and reads: anyone who can do so acts
 * with the rights of its account. A file that is not there yet counts for its folder.
 *
 * @throws SchannelError ERR_SCHANNEL_SERVICE_UNSAFE
 */
export async function requireSafe(places: readonly string[], rights: FileRights): Promise<void> {
  const folders = new Set(places.map((place) => path.win32.dirname(place)));
  for (const folder of folders) await check(folder, 'folder', rights);
  for (const place of new Set(places)) await check(place, 'file', rights);
}

async function check(place: string, kind: 'folder' | 'file', rights: FileRights): Promise<void> {
  if (!rights.exists(place)) return;
  const owner = await rights.foreignOwnerOf(place);
  if (owner !== null) {
    throw new SchannelError(
      'ERR_SCHANNEL_SERVICE_UNSAFE',
      `${printable(place)} belongs to ${printable(owner)}, who could change what the service does`,
      {
        phase: 'service',
        advice: `Look at it, and let the administrators own it: icacls "${place}" /setowner "*S-1-5-32-544"`,
      },
    );
  }
  const strangers = await rights.strangersIn(place, kind);
  if (strangers === null) return;
  throw new SchannelError(
    'ERR_SCHANNEL_SERVICE_UNSAFE',
    `Others can change ${printable(place)}, and so what the service does: ${printableList(strangers.names)}`,
    {
      phase: 'service',
      advice: `Put it where only administrators can write, or end their right: ${strangers.remedy}`,
    },
  );
}
