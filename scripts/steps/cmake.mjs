import { existsSync } from 'node:fs';
import { isMarked, mark } from '../support/fingerprint.mjs';
import { inRoot, isWindows } from '../support/paths.mjs';
import { mustRun } from '../support/process.mjs';

/** Linux builds for Windows, with Ninja; Windows with whatever CMake finds there. */
const CROSS = ['-G', 'Ninja', `-DCMAKE_TOOLCHAIN_FILE=${inRoot('cmake/mingw-w64.cmake')}`];

/**
 * Configures a tree if its settings have changed, and builds it in Release.
 * @param {{ source: string, tree: string, title: string, options?: string[], here?: boolean }} build folders of the
 *   repository; `here`: for this system, whatever it is
 * @param {import('../support/progress.mjs').Report} report
 */
export async function buildTree({ source, tree, title, options = [], here = isWindows }, report) {
  const platform = isWindows ? [] : here ? ['-G', 'Ninja'] : CROSS;
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
