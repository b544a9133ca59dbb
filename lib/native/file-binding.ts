/** The part of the native add-on that writes files with Windows permissions, which node:fs can't set. */
import type { Callback } from './binding.js';
import type { NativeEnd, NativeOutcome } from './store-binding.js';

/** A file that is written completely or not at all. */
export interface NativeFileRequest {
  /** An absolute path, as {@link temporary}. */
  readonly path: string;
  /** An unused name in the same folder. The file has it until everything is written. */
  readonly temporary: string;
  /**
   * The security descriptor of the file, as a string ("Security Descriptor String Format"). '' for what it inherits
   * from its folder.
   */
  readonly security: string;
  /** Copied, and zeroed afterwards. */
  readonly content: Uint8Array;
  /** Whether an existing file is replaced. */
  readonly replace: boolean;
}

/** The functions; part of {@link Native}. */
export interface NativeFiles {
  /** The user of this process: 'S-1-5-21-…'. @throws NativeFailure */
  userSid(): string;
  /**
   * Writes a file. It has its permissions from the first byte on. Until everything is written, Windows deletes it if
   * the process ends. ERROR_ALREADY_EXISTS (183) if a file exists that may not be replaced.
   */
  writeWhole(request: NativeFileRequest, callback: Callback<NativeEnd>): void;
  /**
   * Owner and access list of a file or folder, as a self-relative security descriptor. Null where the volume keeps no
   * rights (FILE_PERSISTENT_ACLS), such as a stick with FAT.
   */
  fileRights(path: string, callback: Callback<NativeOutcome<Uint8Array | null>>): void;
  /**
   * Creates a folder (CreateDirectoryW). ERROR_ALREADY_EXISTS (183) if it exists.
   * @param security the security descriptor as a string
   */
  createFolder(path: string, security: string, callback: Callback<NativeEnd>): void;
}
