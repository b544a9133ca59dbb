import { rm } from 'node:fs/promises';
import path from 'node:path';
import { serviceSid } from '../../formats/security-descriptor/sid.js';
import { createPrivateFolder } from '../import-export/folder-rights.js';
import { checkServiceName } from './name.js';
import { type FileRights, requireSafe, WINDOWS_RIGHTS } from './safe-files.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The folder for the logs of a service, which its account can write to: '%ProgramData%\\schannel\\services\\name'. */
export function logFolderOf(name: string, env: Environment = process.env): string {
  checkServiceName(name);
  return path.join(env['ProgramData'] ?? 'C:\\ProgramData', 'schannel', 'services', name.toLowerCase());
}

/**
 * Makes that folder: for administrators, and for the service by its identifier, whatever its account is.
 *
 * @throws SchannelError ERR_SCHANNEL_SERVICE_UNSAFE if others can write there or replace a folder above, since they
 *   could lead its logs elsewhere
 */
export async function createLogFolder(
  name: string,
  env: Environment = process.env,
  rights: FileRights = WINDOWS_RIGHTS,
): Promise<string> {
  const folder = logFolderOf(name, env);
  await requireOwn(folder, rights);
  await createPrivateFolder(path.dirname(folder));
  await createPrivateFolder(folder, undefined, [serviceSid(name)]);
  // Every user may make a folder in '%ProgramData%', and somebody may have been faster.
  await requireOwn(folder, rights);
  return folder;
}

/**
 * @throws SchannelError ERR_SCHANNEL_SERVICE_UNSAFE if others could have put another folder there: nothing is removed
 */
export async function removeLogFolder(
  name: string,
  env: Environment = process.env,
  rights: FileRights = WINDOWS_RIGHTS,
): Promise<void> {
  const folder = logFolderOf(name, env);
  if (!rights.exists(folder)) return;
  await requireOwn(folder, rights);
  await rm(folder, { recursive: true, force: true });
}

const requireOwn = (folder: string, rights: FileRights): Promise<void> =>
  requireSafe([path.join(folder, 'log')], rights);
