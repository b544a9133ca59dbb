import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Loads a package of this folder, or else of the repository. */
export const load = createRequire(import.meta.url);
load.file = fileURLToPath(import.meta.url);

/** Its version. Some packages don't export their package.json. */
export function versionOf(name) {
  const files = load.resolve.paths(name).map((folder) => path.join(folder, name, 'package.json'));
  return JSON.parse(readFileSync(files.find(existsSync), 'utf8')).version;
}
