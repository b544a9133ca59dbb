import { type Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** Endings by which Windows knows a PFX. */
const PFX = /\.(pfx|p12)$/i;

/**
 * The PFX files of a folder, by name, in the order of their paths. Links to files are followed, links to folders are
 * not: they may go round in circles.
 *
 * @throws Error of node:fs for the folder itself, or one within it
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

/** A link to nothing counts: that it cannot be read is for the report. */
async function isFile(entry: Dirent, whole: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isFile();
  return stat(whole).then(
    (target) => target.isFile(),
    () => true,
  );
}
