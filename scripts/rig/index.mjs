/** A rig that runs Windows programs on Linux: with its own Wine, apart from any other on the machine. */
import { existsSync } from 'node:fs';
import { checkDisk, checkHost, makeHome } from './host.mjs';
import { rigHome, toolsDirectory, wineDirectory } from './location.mjs';
import { buildOnce } from './once.mjs';
import { BUILD_BYTES } from './recipe.mjs';
import { openRig } from './rig.mjs';
import { buildTools } from './tools.mjs';
import { buildWine } from './wine.mjs';

export { RigError } from './error.mjs';
export { installCommand, missingPackages } from './host.mjs';
export { ensureNode, nodeVersions } from './node.mjs';
export { toUnixPath, toWindowsPath } from './windows-path.mjs';

/**
 * Finds the rig, or builds it (half a minute, 120 MB to download, 0.6 GB kept).
 * @param {object} [options]
 * @param {(step: string, fraction: number | null, detail: string) => void} [options.report] hears of the progress
 * @throws {RigError} when this machine lacks something; its message says what to do
 */
export async function ensureRig({ report = () => {} } = {}) {
  const wine = wineDirectory();
  const tools = toolsDirectory();
  if (!existsSync(wine) || !existsSync(tools)) {
    checkHost();
    makeHome();
  }
  const waiting = () => report('Wine', null, 'waiting for another process');
  const build = (building) => {
    checkDisk(rigHome(), BUILD_BYTES);
    return buildWine(building, report);
  };
  await buildOnce(wine, build, { waiting });
  await buildOnce(tools, buildTools, { waiting });
  return openRig({ wine, tools });
}
