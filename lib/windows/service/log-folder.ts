import { rm } from 'node:fs/promises';
import path from 'node:path';
import { serviceSid } from '../../formats/security-descriptor/sid.js';
import { createPrivateFolder } from '../import-export/folder-rights.js';
import { checkServiceName } from './name.js';
import { requireSafe, WINDOWS_RIGHTS } from './safe-files.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The folder for the logs of a service, which its account can write to: '%ProgramData%\\schannel\\services\\name'. */
export function logFolderOf(name: string, env: Environment = process.env): string {
  checkServiceName(name);
  return path.join(env['ProgramData'] ?? 'C:\\ProgramData', 'schannel', 'services', name.toLowerCase());
}

/**
 * Makes that folder: for administrators, and for the service by its identifier, whatever its account is.
 *
 * @throws SchannelError ERR_SCHANNEL_SERVICE_UNSAFE if others can write there, since they could lead its logs elsewhere
 */
export async function createLogFolder(name: string, env: Environment = process.env): Promise<string> {
  const folder = logFolderOf(name, env);
  await createPrivateFolder(path.dirname(folder));
  await createPrivateFolder(folder, undefined, [serviceSid(name)]);
  await requireSafe([path.join(folder, 'log')], WINDOWS_RIGHTS);
  return folder;
}

export const removeLogFolder = (name: string, env: Environment = process.env): Promise<void> =>
  rm(logFolderOf(name, env), { recursive: true, force: true });
