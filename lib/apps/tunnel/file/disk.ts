import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ConfigurationFiles } from '../../../formats/stunnel/read-configuration.js';

/** The files of this machine. */
export const DISK: ConfigurationFiles = {
  read: (file) => readFile(file),
  list: async (folder) => {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  },
};

/** Reads from other files, and remembers what was read: to see whether it is different the next time. */
export class RememberedFiles implements ConfigurationFiles {
  readonly #files: ConfigurationFiles;
  readonly #contents = new Map<string, string>();

  constructor(files: ConfigurationFiles) {
    this.#files = files;
  }

  /** Files, and folders of which all files were read: complete paths. */
  get paths(): readonly string[] {
    return [...this.#contents.keys()];
  }

  isSame(other: RememberedFiles): boolean {
    const [mine, its] = [this.#contents, other.#contents];
    return mine.size === its.size && [...mine].every(([name, content]) => its.get(name) === content);
  }

  async read(file: string): Promise<Uint8Array> {
    return this.#remember(file, this.#files.read(file), (bytes) => bytes);
  }

  async list(folder: string): Promise<readonly string[]> {
    return this.#remember(folder, this.#files.list(folder), (names) => [...names].sort().join('\0'));
  }

  async #remember<Content>(
    name: string,
    reading: Promise<Content>,
    digested: (content: Content) => string | Uint8Array,
  ): Promise<Content> {
    // What can't be read now may come later.
    this.#contents.set(path.resolve(name), '');
    const content = await reading;
    this.#contents.set(path.resolve(name), createHash('sha256').update(digested(content)).digest('hex'));
    return content;
  }
}
