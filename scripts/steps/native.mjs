import { existsSync, readdirSync } from 'node:fs';
import { fingerprint, isMarked, listFiles, mark } from '../support/fingerprint.mjs';
import { findProgram, inRoot, isWindows } from '../support/paths.mjs';
import { mustRun } from '../support/process.mjs';
import { Refusal } from '../support/refusal.mjs';
import { buildTree } from './cmake.mjs';

export const ADDON = 'build/Release/schannel.node';
export const PREBUILD = `prebuilds/win32-${isWindows ? process.arch : 'x64'}/schannel.node`;

/** The add-on and its test programs: cross-compiled on Linux, by Visual C++ on Windows. */
export const buildNative = (report) => (isWindows ? buildOnWindows(report) : buildCross(report));

const buildCross = (report) =>
  buildTree(
    {
      source: '.',
      tree: 'build/cmake/release',
      title: 'the native build',
      options: ['-DSCHANNEL_WERROR=ON', '-DSCHANNEL_NATIVE_TESTS=ON'],
    },
    report,
  );

async function buildOnWindows(report) {
  if (findProgram('cmake') === null) {
    if (existsSync(inRoot(PREBUILD)) || existsSync(inRoot(ADDON))) return;
    throw new Refusal(
      'The add-on has to be built, and CMake was not found. Install Visual Studio Build Tools with the\n' +
        'workload "Desktop development with C++", which brings CMake and the compiler:',
      'winget install Microsoft.VisualStudio.2022.BuildTools --override "--add Microsoft.VisualStudio.Workload.VCTools --includeRecommended"',
    );
  }
  const sources = ['binding.gyp', 'CMakeLists.txt', 'cmake', 'native', 'test/native', 'package-lock.json'];
  const state = fingerprint(listFiles(sources));
  const markFile = 'build/Release/.inputs';
  // Visual Studio takes many seconds to find that nothing has changed.
  if (existsSync(inRoot(ADDON)) && isMarked(markFile, state)) return;
  report('cmake-js');
  const script = 'node_modules/cmake-js/bin/cmake-js';
  const options = ['--CDSCHANNEL_WERROR=ON', '--CDSCHANNEL_NATIVE_TESTS=ON'];
  if (process.env.SCHANNEL_SPECTRE === '1') options.push('--CDSCHANNEL_SPECTRE=ON');
  await mustRun(process.execPath, [script, 'compile', ...options], { title: 'cmake-js compile' });
  mark(markFile, state);
}

/** The test programs that the build made. */
export function nativeTests() {
  const folder = 'build/Release/test';
  if (!existsSync(inRoot(folder))) return [];
  const programs = readdirSync(inRoot(folder)).filter((name) => name.endsWith('.exe'));
  return programs.sort().map((name) => `${folder}/${name}`);
}
