import { existsSync } from 'node:fs';
import path from 'node:path';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable, printableList } from '../../base/text/printable.js';
import {
  createPrivateFolder,
  foreignOwnerOf,
  strangersIn,
} from '../../windows/import-export/folder-rights.js';

/**
 * Makes the folder of the settings if it is not there, and sees that nobody else could have written what is in it: the
 * settings name programs that an administrator or a service will run.
 *
 * @throws SchannelError ERR_SCHANNEL_SETTINGS_FILE; Error of node:fs
 */
export async function preparePrivate(file: string): Promise<void> {
  const folder = path.dirname(path.resolve(file));
  await createPrivateFolder(folder);
  await check(folder, 'folder');
  if (existsSync(file)) await check(file, 'file');
}

async function check(place: string, kind: 'folder' | 'file'): Promise<void> {
  const owner = await foreignOwnerOf(place);
  if (owner !== null) {
    throw new SchannelError(
      'ERR_SCHANNEL_SETTINGS_FILE',
      `${printable(place)} belongs to ${printable(owner)}, who could have written anything into it`,
      { advice: `Look at what is in it, and remove the ${kind} or choose another one.` },
    );
  }
  const strangers = await strangersIn(place, kind);
  if (strangers !== null) {
    throw new SchannelError(
      'ERR_SCHANNEL_SETTINGS_FILE',
      `Others can write to ${printable(place)}: ${printableList(strangers.names)}`,
      { advice: `End that as administrator, or choose another place: ${strangers.remedy}` },
    );
  }
}
