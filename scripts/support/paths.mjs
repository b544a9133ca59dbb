import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url)).replace(/[\\/]$/, '');

export const isWindows = process.platform === 'win32';

/** An absolute path inside the repository. */
export const inRoot = (...parts) => path.join(ROOT, ...parts);

/**
 * Finds a program without asking a shell: Wine's `where.exe` says yes to everything, and on Debian the folders
 * of daemons are not on an ordinary user's PATH. An absolute path is taken as it is.
 * @returns {string | null}
 */
export function findProgram(name) {
  if (path.isAbsolute(name)) return existsSync(name) ? name : null;
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const extensions = isWindows ? ['.exe', '.cmd', ''] : [''];
  if (!isWindows) folders.push('/usr/sbin', '/sbin');
  for (const folder of folders) {
    for (const extension of extensions) {
      const file = path.join(folder, name + extension);
      if (folder !== '' && existsSync(file)) return file;
    }
  }
  return null;
}
