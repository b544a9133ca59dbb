import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const SCRIPTS = fileURLToPath(new URL('.', import.meta.url));

export const NATIVE_SOURCES = join(SCRIPTS, 'native');
export const SHIM_SOURCES = fileURLToPath(new URL('../../test/shim/', import.meta.url));

/** Where rigs and Windows nodes are kept: `$SCHANNEL_RIG`, by default `~/.cache/schannel-rig`. */
export function rigHome() {
  return resolve(
    process.env.SCHANNEL_RIG || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'schannel-rig'),
  );
}

/** Wine's tree and prefix: takes half a minute and 120 MB of downloads, so it depends on little. */
export const wineDirectory = () =>
  join(
    rigHome(),
    `wine-${key([...scripts('apt.mjs', 'recipe.mjs', 'wine.mjs'), join(NATIVE_SOURCES, 'stub.c')])}`,
  );

/** Our own programs: take two seconds, so any change of theirs makes new ones. */
export const toolsDirectory = () =>
  join(
    rigHome(),
    `tools-${key([...scripts('tools.mjs'), ...sources(NATIVE_SOURCES), ...sources(SHIM_SOURCES)])}`,
  );

const scripts = (...names) => names.map((name) => join(SCRIPTS, name));

const sources = (directory) =>
  readdirSync(directory)
    .filter((name) => /\.[ch]$/.test(name))
    .sort()
    .map((name) => join(directory, name));

function key(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file)).update('\0');
  return hash.digest('hex').slice(0, 12);
}
