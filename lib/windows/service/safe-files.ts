import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable, printableList } from '../../base/text/printable.js';
import { foreignOwnerOf, type Place, type Strangers, strangersIn } from '../import-export/folder-rights.js';

/** What Windows says of files and folders. */
export interface FileRights {
  readonly exists: (place: string) => boolean;
  /** What a link or a junction has as its target; null for everything else. */
  readonly linkAt: (place: string) => string | null;
  readonly strangersIn: (place: string, kind: Place) => Promise<Strangers | null>;
  readonly foreignOwnerOf: (place: string) => Promise<string | null>;
}

export const WINDOWS_RIGHTS: FileRights = {
  exists: existsSync,
  linkAt: (place) =>
    lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true ? readlinkSync(place) : null,
  strangersIn,
  foreignOwnerOf,
};

/**
 * Sees that nobody but administrators and this user can change what a service runs and reads: anyone who can do so acts
 * with the rights of its account. That includes who can rename a folder above, and put another one in its place. A file
 * that is not there yet counts for its folder.
 *
 * @throws SchannelError ERR_SCHANNEL_SERVICE_UNSAFE
 */
export async function requireSafe(places: readonly string[], rights: FileRights): Promise<void> {
  const files = new Set(places.flatMap((place) => throughLinks(place, rights)));
  const folders = new Set([...files].map((place) => path.win32.dirname(place)));
  const above = new Set([...folders].flatMap((folder) => foldersOf(folder).slice(1)));
  for (const folder of above) if (!folders.has(folder)) await check(folder, 'above', rights);
  for (const folder of folders) await check(folder, 'folder', rights);
  for (const file of files) await check(file, 'file', rights);
}

/** More than any path has. */
const MOST_LINKS = 40;

/** The path, and each that links in it lead to. */
function throughLinks(place: string, { linkAt }: FileRights): string[] {
  const all = [place];
  for (let current = place; all.length <= MOST_LINKS;) {
    const next = foldersOf(current)
      .reverse()
      .flatMap((part) => {
        const target = linkAt(part);
        if (target === null) return [];
        const behind = path.win32.resolve(path.win32.dirname(part), target);
        return [path.win32.join(behind, path.win32.relative(part, current))];
      })[0];
    if (next === undefined) return all;
    all.push(next);
    current = next;
  }
  throw new SchannelError('ERR_SCHANNEL_SERVICE_UNSAFE', `${printable(place)} has too many links`, {
    phase: 'service',
    advice: 'Name the file itself.',
  });
}

/** A place, and all folders above it up to the root. */
function foldersOf(place: string): string[] {
  const above = path.win32.dirname(place);
  return above === place ? [place] : [place, ...foldersOf(above)];
}

async function check(place: string, kind: Place, rights: FileRights): Promise<void> {
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
  const names = printableList(strangers.names);
  throw new SchannelError(
    'ERR_SCHANNEL_SERVICE_UNSAFE',
    kind === 'above'
      ? `Others can put another folder in the place of ${printable(place)} or one in it: ${names}`
      : `Others can change ${printable(place)}, and so what the service does: ${names}`,
    {
      phase: 'service',
      // Other things may be above it that need their rights.
      advice:
        kind === 'above'
          ? 'Put it where only administrators can write, such as C:\\Program Files.'
          : `Put it where only administrators can write, or end their right: ${strangers.remedy}`,
    },
  );
}
