import { existsSync } from 'node:fs';
import { isMarked, mark } from '../support/fingerprint.mjs';
import { findProgram, inRoot, isWindows } from '../support/paths.mjs';
import { mustRun } from '../support/process.mjs';

const TREE = 'build/bench';
const CONFIGURE = ['-S', 'bench/raw', '-B', TREE, '-DCMAKE_BUILD_TYPE=Release'];
if (!isWindows) CONFIGURE.push('-G', 'Ninja', '-DCMAKE_TOOLCHAIN_FILE=cmake/mingw-w64.cmake');

/** The bench's program that calls SSPI alone. Without a compiler on Windows the bench has to do without it, and says so. */
export async function buildLimit(report) {
  if (isWindows && findProgram('cmake') === null) return;
  const settings = JSON.stringify(CONFIGURE);
  const markFile = `${TREE}/.configured`;
  if (!isMarked(markFile, settings) || !existsSync(inRoot(TREE, 'CMakeCache.txt'))) {
    report('configure');
    await mustRun('cmake', CONFIGURE, { title: 'cmake' });
    mark(markFile, settings);
  }
  report('compile');
  await mustRun('cmake', ['--build', TREE, '--config', 'Release'], { title: 'the build of bench/raw' });
}
