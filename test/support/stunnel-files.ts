import path from 'node:path';
import type { ConfigurationFiles } from '#lib/formats/stunnel/read-configuration.js';

/** The folder that the files are in, complete for the system that the test runs on. */
export const STUNNEL_FOLDER = path.resolve('/c');

/** The path of a file in that folder. */
export const stunnelPath = (name: string): string => path.resolve(STUNNEL_FOLDER, name);

/** Files in memory, by their paths below {@link STUNNEL_FOLDER}. A folder lists its files without order. */
export function memoryFiles(contents: Readonly<Record<string, string | Uint8Array>>): ConfigurationFiles {
  const byPath = new Map(Object.entries(contents).map(([name, content]) => [stunnelPath(name), content]));
  return {
    read: (file) => {
      const content = byPath.get(path.resolve(file));
      if (content === undefined) return Promise.reject(new Error('no such file'));
      return Promise.resolve(Buffer.from(content as string));
    },
    list: (folder) => {
      const names = [...byPath.keys()].filter((name) => path.dirname(name) === path.resolve(folder));
      if (names.length === 0) return Promise.reject(new Error('no such folder'));
      return Promise.resolve(names.map((name) => path.basename(name)).reverse());
    },
  };
}
