import path from 'node:path';
import { wipe } from '../../formats/asn1/wipe.js';
import { native } from '../../native/load.js';
import { nodeDisk } from './node-disk.js';
import { temporaryName } from './temporary-name.js';
import { windowsDisk } from './windows-disk.js';

/** A file that is written completely or not at all. */
export interface DiskFile {
  /** Absolute path, as {@link temporary}. */
  readonly target: string;
  /** Its path until it is complete; in the same folder. */
  readonly temporary: string;
  readonly content: Uint8Array;
  /** Whether to replace an existing file. */
  readonly overwrite: boolean;
  readonly readers: FileReaders;
}

/**
 * Who can read a file: its owner; also SYSTEM and the administrators; or, since there is no secret in it, everybody who
 * can read other files of its folder. Without Windows, 'administrators' is its owner.
 */
export type FileReaders = 'owner' | 'administrators' | 'folder';

/**
 * Writes a file that only its readers can read, from the first byte on. A file that fails is removed.
 *
 * @throws Error as node:fs has them: EEXIST, ENOSPC, EPERM, …
 */
export type Disk = (file: DiskFile) => Promise<void>;

export interface WriteFileOptions {
  /** Whether to replace an existing file. Default false: EEXIST. */
  readonly overwrite?: boolean | undefined;
  /** Default 'owner'. */
  readonly readers?: FileReaders;
  readonly disk?: Disk;
}

/**
 * Writes a file completely or not at all: it writes a temporary file in the same folder, then renames it. A full disk
 * leaves nothing. Only its owner can read it, unless told otherwise.
 *
 * @throws as {@link Disk}
 */
export async function writePrivateFile(
  target: string,
  content: string | Uint8Array,
  { overwrite = false, readers = 'owner', disk = thisDisk() }: WriteFileOptions = {},
): Promise<void> {
  const full = path.resolve(target);
  const temporary = temporaryName(full);
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  try {
    await disk({ target: full, temporary, content: bytes, overwrite, readers });
  } finally {
    if (bytes !== content) wipe(bytes);
  }
}

/** Without Windows, as in tests, node:fs and a file mode are enough. */
const thisDisk = (): Disk => (process.platform === 'win32' ? windowsDisk(native()) : nodeDisk());
