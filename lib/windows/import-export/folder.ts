import { type Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** File extensions of PFX files in Windows. */
export const PFX = /\.(pfx|p12)$/i;
/** Those of certificates and keys in any form. */
export const CERTIFICATES_AND_KEYS = /\.(pfx|p12|crt|cer|pem|key|p7b)$/i;

/**
 * The files of a folder with certain extensions, sorted by path. Links to files are followed. Links to folders are not,
 * since they may form a loop.
 *
 * @throws Error of node:fs for the folder, or for one within it
 */
export async function filesIn(folder: string, names: RegExp, recursive: boolean): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const whole = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (recursive) found.push(...(await filesIn(whole, names, recursive)));
    } else if (names.test(entry.name) && (await isFile(entry, whole))) found.push(whole);
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
