import { watch } from 'node:fs';
import path from 'node:path';
import type { CancelTimer, Clock } from '../../../base/async/clock.js';

/** Calls back when something in a folder changes: with its name, or null if that is not known. */
export type WatchFolder = (
  folder: string,
  changed: (name: string | null) => void,
  failed: (error: Error) => void,
) => { close(): void };

/** Folders, because editors replace files. It does not keep the process alive. */
export const WATCH_FOLDER: WatchFolder = (folder, changed, failed) =>
  watch(folder, { persistent: false }, (_type, name) => changed(name)).on('error', failed);

/** Programs write a file in several steps. */
const SETTLE_MS = 500;

export interface FilesWatchOptions {
  readonly clock: Clock;
  readonly watchFolder: WatchFolder;
  /** Something may have changed, and nothing more for half a second. */
  readonly settled: () => void;
  /** A folder can't be watched. */
  readonly failed: (error: Error) => void;
}

/** Windows says a name as it is on the disk, and a file may name it in other letters. A look too many is harmless. */
const inOneCase = (file: string): string => file.toLowerCase();

/** Watches files. A folder among them stands for all files in it. */
export class FilesWatch {
  readonly #options: FilesWatchOptions;
  readonly #watchers = new Map<string, { close(): void }>();
  #paths: ReadonlySet<string> = new Set();
  #cancel: CancelTimer | null = null;
  #isClosed = false;

  constructor(options: FilesWatchOptions) {
    this.#options = options;
  }

  /** These, instead of those before. Has no effect after {@link close}. */
  watch(paths: readonly string[]): void {
    if (this.#isClosed) return;
    this.#paths = new Set(paths.map(inOneCase));
    const folders = new Set(paths.map((each) => path.dirname(each)));
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) this.#begin(folder);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#cancel = null;
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #begin(folder: string): void {
    if (this.#watchers.has(folder)) return;
    const { watchFolder, failed } = this.#options;
    try {
      const watcher = watchFolder(
        folder,
        (name) => this.#changed(folder, name),
        (error) => {
          this.#watchers.get(folder)?.close();
          this.#watchers.delete(folder);
          failed(error);
        },
      );
      this.#watchers.set(folder, watcher);
    } catch (error) {
      failed(error as Error);
    }
  }

  #has(file: string): boolean {
    return this.#paths.has(inOneCase(file));
  }

  #changed(folder: string, name: string | null): void {
    // A log file in the same folder changes all the time.
    if (name !== null && !this.#has(path.join(folder, name)) && !this.#has(folder)) return;
    this.#cancel?.();
    this.#cancel = this.#options.clock.after(SETTLE_MS, () => {
      this.#cancel = null;
      this.#options.settled();
    });
  }
}
