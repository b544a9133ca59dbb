/** The part of the native add-on that writes files, with permissions that node:fs has no words for on Windows. */
import type { Callback } from './binding.js';
import type { NativeEnd } from './store-binding.js';

/** A file that is there as a whole or not at all. */
export interface NativeFileRequest {
  /** In full, as {@link temporary}. */
  readonly path: string;
  /** A name in the same folder that nobody has: until all is written, it is that of the file. */
  readonly temporary: string;
  /** The security descriptor of the file, as a string ("Security Descriptor String Format"). */
  readonly security: string;
  /** Copied, and zeroed afterwards. */
  readonly content: Uint8Array;
  /** Whether a file that is there already is replaced. */
  readonly replace: boolean;
}

/** The functions; part of {@link Native}. */
export interface NativeFiles {
  /** The user of this process: 'S-1-5-21-…'. @throws NativeFailure */
  userSid(): string;
  /**
   * Writes a file. It has its permissions from the first byte on, and goes with the process, however that ends, until all is
   * written. ERROR_ALREADY_EXISTS (183) for one that is not to be replaced.
   */
  writeWhole(request: NativeFileRequest, callback: Callback<NativeEnd>): void;
}
