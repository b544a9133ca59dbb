import { existsSync } from 'node:fs';
import { isMarked, mark } from '../support/fingerprint.mjs';
import { inRoot, isWindows } from '../support/paths.mjs';
import { mustRun } from '../support/process.mjs';

/**
 * Configures a tree if its settings have changed, and builds it in Release.
 * @param {object} build
 * @param {string} build.source a folder of the repository
 * @param {string} build.tree another one, which is made
 * @param {string} build.title what a failure names
 * @param {string[]} [build.options] for CMake
 * @param {boolean} [build.here] for this system, whatever it is
 * @param {string} [build.toolchain] what Linux builds for Windows with: a file in cmake/
 * @param {import('../support/progress.mjs').Report} report
 */
export async function buildTree(
  { source, tree, title, options = [], here = isWindows, toolchain = 'mingw-w64' },
  report,
) {
  // Windows takes whatever CMake finds there.
  const cross = [`-DCMAKE_TOOLCHAIN_FILE=${inRoot(`cmake/${toolchain}.cmake`)}`];
  const platform = isWindows ? [] : ['-G', 'Ninja', ...(here ? [] : cross)];
  const configure = ['-S', source, '-B', tree, '-DCMAKE_BUILD_TYPE=Release', ...platform, ...options];
  const settings = JSON.stringify(configure);
  const markFile = `${tree}/.configured`;
  // The tree configures itself again when a list of files changes, but not when these settings do.
  if (!isMarked(markFile, settings) || !existsSync(inRoot(tree, 'CMakeCache.txt'))) {
    report('configure');
    await mustRun('cmake', configure, { title: `cmake -S ${source}` });
    mark(markFile, settings);
  }
  await mustRun('cmake', ['--build', tree, '--config', 'Release'], {
    title,
    onLine: (line) => {
      const [, done, all, what] = /^\[(\d+)\/(\d+)\] (.*)/.exec(line) ?? [];
      if (done !== undefined) report('compile', Number(done) / Number(all), what.split('/').at(-1));
    },
  });
}
