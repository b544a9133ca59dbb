import { SchannelError } from '../../../base/errors/schannel-error.js';
import { printableList } from '../../../base/text/printable.js';
import { createPrivateFolder, strangersIn } from '../../../windows/import-export/folder-rights.js';

/** Creates the folder if it is missing, and refuses one that others can write to. @throws as {@link requirePrivate} */
export async function openPrivateFolder(folder: string): Promise<void> {
  await createPrivateFolder(folder);
  await requirePrivate(folder);
}

/**
 * Anyone who can write to a folder of the server can have any name proved.
 *
 * @throws SchannelError ERR_SCHANNEL_ACME_STATE
 */
export async function requirePrivate(folder: string): Promise<void> {
  const strangers = await strangersIn(folder, 'folder');
  if (strangers === null) return;
  throw new SchannelError(
    'ERR_SCHANNEL_ACME_STATE',
    `Others can write to ${folder}, and have any name proved: ${printableList(strangers.names)}`,
    { advice: `Take that right away: ${strangers.remedy}` },
  );
}
