/** A rig that runs Windows programs on Linux: with its own Wine, apart from any other on the machine. */
import { existsSync } from 'node:fs';
import { checkDisk, checkHost, makeHome } from './host.mjs';
import { rigHome, toolsDirectory, wineDirectory } from './location.mjs';
import { buildOnce } from './once.mjs';
import { BUILD_BYTES } from './recipe.mjs';
import { openRig } from './rig.mjs';
import { buildTools } from './tools.mjs';
import { buildWine } from './wine.mjs';
import { NODE_IA32, buildWow64, wow64Directory } from './wow64.mjs';

export { RigError } from './error.mjs';
export { installCommand, missingPackages } from './host.mjs';
export { ensureNode, nodeVersions } from './node.mjs';
export { toUnixPath, toWindowsPath } from './windows-path.mjs';

/** The only version of a Node for Windows of 32 bits that can be had here. */
export const nodeVersionIa32 = NODE_IA32.version;

/**
 * Finds the rig, or builds it (half a minute, 120 MB to download, 0.6 GB kept).
 * @param {object} [options]
 * @param {(step: string, fraction: number | null, detail: string) => void} [options.report] hears of the progress
 * @param {'x64' | 'ia32'} [options.arch] `ia32`: one that runs programs of 32 bits as well
 * @throws {RigError} when this machine lacks something; its message says what to do
 */
export async function ensureRig({ report = () => {}, arch = 'x64' } = {}) {
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
  if (arch !== 'ia32') return openRig({ wine, tools });
  const wow64 = await wow64Directory(wine);
  const widen = (building) => {
    checkDisk(rigHome(), BUILD_BYTES);
    return buildWow64(building, wine, report);
  };
  await buildOnce(wow64, widen, { waiting });
  return openRig({ wine: wow64, tools });
}
