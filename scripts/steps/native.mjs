import { existsSync, readdirSync } from 'node:fs';
import { fingerprint, isMarked, listFiles, mark } from '../support/fingerprint.mjs';
import { findProgram, inRoot, isWindows } from '../support/paths.mjs';
import { mustRun } from '../support/process.mjs';
import { Refusal } from '../support/refusal.mjs';
import { buildTree } from './cmake.mjs';
import { ensureZig } from './zig.mjs';

export const ADDON = 'build/Release/schannel.node';

/** The processor of an add-on that nobody has named another for. */
export const OWN_ARCH = isWindows ? process.arch : 'x64';

/** Where a published package has the add-on for a processor. */
export const prebuildOf = (arch) => `prebuilds/win32-${arch}/schannel.node`;

/** Where the build leaves the add-on for a processor: Visual C++ has one place for all of them. */
export const addonOf = (arch) =>
  isWindows || arch === OWN_ARCH ? ADDON : `build/${arch}/Release/schannel.node`;

/** The add-on and its test programs: cross-compiled on Linux, by Visual C++ on Windows. */
export const buildNative = (report, arch = OWN_ARCH) =>
  isWindows ? buildOnWindows(report, arch) : buildCross(report, arch);

async function buildCross(report, arch) {
  const [tree, tests] = arch === OWN_ARCH ? ['release', 'ON'] : [arch, 'OFF'];
  return buildTree(
    {
      source: '.',
      tree: `build/cmake/${tree}`,
      title: 'the native build',
      toolchain: arch === 'arm64' ? 'zig-arm64' : 'mingw-w64',
      options: [
        '-DSCHANNEL_WERROR=ON',
        `-DSCHANNEL_NATIVE_TESTS=${tests}`,
        ...(arch === OWN_ARCH ? [] : [`-DSCHANNEL_ARCH=${arch}`]),
        // Debian has neither import libraries nor a C++ runtime of Windows on arm64.
        ...(arch === 'arm64' ? [`-DSCHANNEL_ZIG=${await ensureZig(report)}`] : []),
      ],
    },
    report,
  );
}

async function buildOnWindows(report, arch) {
  if (findProgram('cmake') === null) {
    if (arch === OWN_ARCH && (existsSync(inRoot(prebuildOf(arch))) || existsSync(inRoot(ADDON)))) return;
    throw new Refusal(
      'The add-on has to be built, and CMake was not found. Install Visual Studio Build Tools with the\n' +
        'workload "Desktop development with C++", which brings CMake and the compiler:',
      'winget install Microsoft.VisualStudio.2022.BuildTools --override "--add Microsoft.VisualStudio.Workload.VCTools --includeRecommended"',
    );
  }
  const sources = ['binding.gyp', 'CMakeLists.txt', 'cmake', 'native', 'test/native', 'package-lock.json'];
  const state = fingerprint(listFiles(sources), ...(arch === OWN_ARCH ? [] : [arch]));
  const markFile = 'build/Release/.inputs';
  // Visual Studio takes many seconds to find that nothing has changed.
  if (existsSync(inRoot(ADDON)) && isMarked(markFile, state)) return;
  report('cmake-js');
  const script = 'node_modules/cmake-js/bin/cmake-js';
  const options = ['--CDSCHANNEL_WERROR=ON', '--CDSCHANNEL_NATIVE_TESTS=ON'];
  if (arch !== OWN_ARCH) options.push('--arch', arch);
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
