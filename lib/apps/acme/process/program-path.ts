import { statSync } from 'node:fs';
import path from 'node:path';

/** Where programs are looked for. */
export interface ProgramSearch {
  readonly isWindows: boolean;
  /** Folders, as in the variable PATH. */
  readonly path: string;
  readonly isFile: (file: string) => boolean;
}

const THIS_SYSTEM = (): ProgramSearch => ({
  isWindows: process.platform === 'win32',
  path: process.env['PATH'] ?? '',
  isFile: (file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true,
});

/**
 * The path of a program that may be named without a folder: 'powershell.exe'. On Windows, Node looks into the current
 * folder before those of PATH (libuv, src/win/process.c), so that a program of this name among somebody's downloads
 * would run with the rights of an administrator.
 *
 * @throws Error ENOENT if no folder of PATH has it
 */
export function programPath(file: string, search = THIS_SYSTEM()): string {
  if (!search.isWindows || /[\\/:]/.test(file)) return file;
  const extensions = path.win32.extname(file) === '' ? EXTENSIONS : ['', ...EXTENSIONS];
  const folders = search.path.split(';').map((folder) => folder.replaceAll('"', ''));
  for (const folder of folders.filter(isWhole)) {
    for (const extension of extensions) {
      const whole = path.win32.join(folder, file + extension);
      if (search.isFile(whole)) return whole;
    }
  }
  throw Object.assign(new Error(`There is no program ${file} in the folders of PATH`), { code: 'ENOENT' });
}

/** Those that Node adds. */
const EXTENSIONS: readonly string[] = ['.com', '.exe'];

/** With its drive or server: others begin at the current folder, or at its drive. */
const isWhole = (folder: string): boolean => /^(?:[a-z]:[\\/]|[\\/]{2})/i.test(folder);
