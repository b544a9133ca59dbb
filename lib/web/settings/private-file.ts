import { existsSync } from 'node:fs';
import path from 'node:path';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable, printableList } from '../../base/text/printable.js';
import {
  createPrivateFolder,
  foreignOwnerOf,
  type Strangers,
  strangersIn,
} from '../../windows/import-export/folder-rights.js';

/**
 * Makes the folder of the settings if it is not there, and sees that nobody else could have written what is in it: the
 * settings name programs that an administrator or a service will run.
 *
 * @throws SchannelError ERR_SCHANNEL_SETTINGS_FILE; Error of node:fs
 */
export async function preparePrivate(file: string, rights: Rights = OF_SYSTEM): Promise<void> {
  const folder = path.dirname(path.resolve(file));
  // The owner of the folder above can put another folder in place of this one at any time.
  const above = path.dirname(folder);
  if (existsSync(above)) await checkAbove(above, rights);
  await createPrivateFolder(folder);
  await check(folder, 'folder', rights);
  if (existsSync(file)) await check(file, 'file', rights);
}

/** What the system says of folders and files. */
interface Rights {
  readonly foreignOwnerOf: (place: string) => Promise<string | null>;
  readonly strangersIn: (place: string, kind: 'folder' | 'file') => Promise<Strangers | null>;
}

const OF_SYSTEM: Rights = { foreignOwnerOf, strangersIn };

async function checkAbove(place: string, rights: Rights): Promise<void> {
  const owner = await rights.foreignOwnerOf(place);
  if (owner === null) return;
  throw new SchannelError(
    'ERR_SCHANNEL_SETTINGS_FILE',
    `${printable(place)} belongs to ${printable(owner)}, who could replace any folder in it`,
    {
      advice:
        'Choose another place, or give it to the administrators: ' +
        `icacls "${place}" /setowner "*S-1-5-32-544" and icacls "${place}" /reset`,
    },
  );
}

async function check(place: string, kind: 'folder' | 'file', rights: Rights): Promise<void> {
  const owner = await rights.foreignOwnerOf(place);
  if (owner !== null) {
    throw new SchannelError(
      'ERR_SCHANNEL_SETTINGS_FILE',
      `${printable(place)} belongs to ${printable(owner)}, who could have written anything into it`,
      { advice: `Look at what is in it, and remove the ${kind} or choose another one.` },
    );
  }
  const strangers = await rights.strangersIn(place, kind);
  if (strangers !== null) {
    throw new SchannelError(
      'ERR_SCHANNEL_SETTINGS_FILE',
      `Others can write to ${printable(place)}: ${printableList(strangers.names)}`,
      { advice: `End that as administrator, or choose another place: ${strangers.remedy}` },
    );
  }
}
