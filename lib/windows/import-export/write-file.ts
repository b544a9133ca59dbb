import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { wipe } from '../../formats/asn1/wipe.js';
import { native } from '../../native/load.js';
import { nodeDisk } from './node-disk.js';
import { windowsDisk } from './windows-disk.js';

/** A file to be written whole or not at all. */
export interface DiskFile {
  /** In full, as {@link temporary}. */
  readonly target: string;
  /** The name that it has until it is whole; in the same folder. */
  readonly temporary: string;
  readonly content: Uint8Array;
  /** Whether a file that is there already is replaced. */
  readonly overwrite: boolean;
}

/**
 * Writes a file that its owner alone can read, from its first byte on. Nothing is left of one that fails.
 *
 * @throws Error as node:fs has them: EEXIST, ENOSPC, EPERM, …
 */
export type Disk = (file: DiskFile) => Promise<void>;

export interface WriteFileOptions {
  /** Whether a file that is there already is replaced. Default false: EEXIST. */
  readonly overwrite?: boolean | undefined;
  readonly disk?: Disk;
}

/**
 * Writes a file whole or not at all: into a temporary one beside it, which then takes its name. A full disk leaves
 * nothing. Only its owner may read it.
 *
 * @throws as {@link Disk}
 */
export async function writePrivateFile(
  target: string,
  content: string | Uint8Array,
  { overwrite = false, disk = thisDisk() }: WriteFileOptions = {},
): Promise<void> {
  const full = path.resolve(target);
  const temporary = path.join(path.dirname(full), `.${path.basename(full)}.${randomUUID()}.tmp`);
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  try {
    await disk({ target: full, temporary, content: bytes, overwrite });
  } finally {
    if (bytes !== content) wipe(bytes);
  }
}

/** Where there is no Windows, as for tests of what writes files, node:fs and a mode do. */
const thisDisk = (): Disk => (process.platform === 'win32' ? windowsDisk(native()) : nodeDisk());
