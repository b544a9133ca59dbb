import { type Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** File extensions of PFX files in Windows. */
const PFX = /\.(pfx|p12)$/i;

/**
 * The PFX files of a folder, by extension, sorted by path. Links to files are followed. Links to folders are not,
 * since they may form a loop.
 *
 * @throws Error of node:fs for the folder, or for one within it
 */
export async function pfxFilesIn(folder: string, recursive: boolean): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const whole = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (recursive) found.push(...(await pfxFilesIn(whole, recursive)));
    } else if (PFX.test(entry.name) && (await isFile(entry, whole))) found.push(whole);
  }
  return found.sort();
}

/** A dangling link counts: the report says that it cannot be read. */
async function isFile(entry: Dirent, whole: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isFile();
  return stat(whole).then(
    (target) => target.isFile(),
    () => true,
  );
}
