import { SchannelError } from '../../../base/errors/schannel-error.js';
import { printable, printableList } from '../../../base/text/printable.js';
import {
  createPrivateFolder,
  foreignOwnerOf,
  type Strangers,
  strangersIn,
} from '../../../windows/import-export/folder-rights.js';

/** What the system says of a folder. */
export interface FolderRights {
  readonly strangersIn: (folder: string, kind: 'folder') => Promise<Strangers | null>;
  readonly foreignOwnerOf: (folder: string) => Promise<string | null>;
}

/** Creates the folder if it is missing, and refuses one that others can write to. @throws as {@link requirePrivate} */
export async function openPrivateFolder(folder: string): Promise<void> {
  await createPrivateFolder(folder);
  await requirePrivate(folder);
}

/**
 * Anyone who can write to a folder that a server answers from can have any name proved.
 *
 * @throws SchannelError ERR_SCHANNEL_ACME_STATE
 */
export async function requirePrivate(
  folder: string,
  rights: FolderRights = { strangersIn, foreignOwnerOf },
): Promise<void> {
  const owner = await rights.foreignOwnerOf(folder);
  if (owner !== null) {
    throw new SchannelError(
      'ERR_SCHANNEL_ACME_STATE',
      `The folder ${folder} belongs to ${printable(owner)}, who can have any name proved`,
      { advice: `Let the administrators own it: icacls "${folder}" /setowner "*S-1-5-32-544"` },
    );
  }
  const strangers = await rights.strangersIn(folder, 'folder');
  if (strangers === null) return;
  throw new SchannelError(
    'ERR_SCHANNEL_ACME_STATE',
    `Others can write to ${folder}, and have any name proved: ${printableList(strangers.names)}`,
    { advice: `Take that right away: ${strangers.remedy}` },
  );
}
