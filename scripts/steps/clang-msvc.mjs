import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fingerprint, isMarked, listFiles, mark } from '../support/fingerprint.mjs';
import { findProgram, inRoot } from '../support/paths.mjs';
import { execute, mustRun } from '../support/process.mjs';
import { StepFailure } from '../support/refusal.mjs';
import { sideBySide } from '../support/side-by-side.mjs';
import { headersOf } from './clang-tidy.mjs';

const CLANG = 'clang++-19';
const GCC = 'x86_64-w64-mingw32-g++-posix';
const WIN = 'native/platform/win.h';

/** What the Windows headers of mingw-w64 want to know of each processor. */
const TARGETS = {
  x64: { triple: 'x86_64-pc-windows-msvc', defines: ['__MINGW64__'] },
  arm64: { triple: 'aarch64-pc-windows-msvc', defines: ['__MINGW64__'] },
  ia32: { triple: 'i686-pc-windows-msvc', defines: ['_X86_'] },
};

export const PROCESSORS = Object.keys(TARGETS);

/** What stands for the level 4 of Visual C++, and for what it rejects in any case. */
const WARNINGS = [
  '-Wall',
  '-Wextra',
  '-Wpedantic',
  '-Wgnu',
  '-Wmicrosoft',
  '-Wshadow',
  '-Wshadow-field-in-constructor',
  '-Wconversion',
  '-Wsign-conversion',
  '-Wunreachable-code-aggressive',
  '-Wundef',
  '-Werror',
];

/** A Visual C++ of 2022, since version 17.14. */
const MSC_VER = 1944;

const ATOMICS = [
  ...['BOOL', 'CHAR', 'CHAR16_T', 'CHAR32_T', 'WCHAR_T', 'SHORT', 'INT', 'LONG', 'LLONG', 'POINTER'].map(
    (type) => `__GCC_ATOMIC_${type}_LOCK_FREE=2`,
  ),
  '__GCC_ATOMIC_TEST_AND_SET_TRUEVAL=1',
];

/** The program that is missing for checkAsVisualCpp(), or null. */
export const missingForVisualCpp = () =>
  [CLANG, GCC].find((program) => findProgram(program) === null) ?? null;

/**
 * Has clang read the native sources as Visual C++ would, for these processors: with its language rules, its ABI and our
 * own branches for it. The headers are those of mingw-w64 and of GCC's library, which are read before `_MSC_VER` is
 * defined, since they would take another turn. docs/building.md says what this doesn't show.
 * @param {string[]} processors
 * @throws {StepFailure} with all that it found
 */
export async function checkAsVisualCpp(processors) {
  const files = listFiles(['native'], /\.cc$/);
  const { stdout: version } = await mustRun(CLANG, ['--version']);
  const { defines, folders } = await surroundings();
  const prelude = preludeOf(listFiles(['native'], /\.(cc|h)$/));
  const findings = [];
  for (const target of processors.map((name) => TARGETS[name])) {
    const options = [
      `--target=${target.triple}`,
      ...['-std=c++17', '-U_MSC_VER', '-fno-delayed-template-parsing', '-fexceptions', '-fcxx-exceptions'],
      ...[...defines, ...target.defines].map((name) => `-D${name}`),
      '-Inative',
      ...folders.flatMap((folder) => ['-isystem', folder]),
    ];
    const setting = fingerprint([WIN, 'package-lock.json'], version, options, WARNINGS, prelude);
    const precompiled = once(() => precompile(target, options, prelude, setting));
    await sideBySide(files, os.availableParallelism(), async (file) => {
      const state = fingerprint([file, ...headersOf(file)], setting);
      const markFile = `${folderOf(target)}/${file.replaceAll('/', '.')}`;
      if (isMarked(markFile, state)) return;
      const headers = ['-include-pch', await precompiled()];
      const { code, output } = await execute(CLANG, [
        ...options,
        ...WARNINGS,
        '-fsyntax-only',
        ...headers,
        file,
      ]);
      if (code === 0) mark(markFile, state);
      else findings.push(`${target.triple}:\n${output}`);
    });
  }
  if (findings.length > 0) throw new StepFailure(findings.join('\n'));
}

const folderOf = ({ triple }) => `build/.checks/${triple}`;

/** What the sources include of others, and what makes clang take these headers. */
export function preludeOf(files, read = (name) => readFileSync(inRoot(name), 'utf8')) {
  const others = files
    .filter((file) => file !== WIN)
    .flatMap((file) => [...read(file).matchAll(/^#include (<.+>)$/gm)].map(([, header]) => header));
  return [
    '#include <_mingw.h>',
    '#undef __MINGW_IMPORT',
    '#define __MINGW_IMPORT extern',
    '#include "platform/win.h"',
    ...[...new Set(others)].sort().map((header) => `#include ${header}`),
    `#define _MSC_VER ${MSC_VER}`,
    '',
  ].join('\n');
}

async function precompile(target, options, prelude, setting) {
  const [header, output] = ['prelude.h', 'prelude.pch'].map((name) => `${folderOf(target)}/${name}`);
  const markFile = `${folderOf(target)}/prelude.inputs`;
  if (isMarked(markFile, setting)) return output;
  mkdirSync(inRoot(folderOf(target)), { recursive: true });
  writeFileSync(inRoot(header), prelude);
  // Windows' own headers are not ours to mend.
  await mustRun(
    CLANG,
    [...options, '-w', '-fpch-instantiate-templates', '-x', 'c++-header', header, '-o', output],
    {
      title: `the headers for ${target.triple}`,
    },
  );
  mark(markFile, setting);
  return output;
}

/** The macros and the folders that every target has. */
async function surroundings() {
  const resolve = createRequire(import.meta.url).resolve;
  const { output } = await execute(GCC, ['-E', '-x', 'c++', '-v', os.devNull]);
  const library = [...output.matchAll(/^ (\/\S+\/c\+\+\S*)$/gm)].map(([, folder]) => folder);
  const [gyp] = JSON.parse(readFileSync(inRoot('binding.gyp'), 'utf8')).targets;
  return {
    defines: [
      ...['__MINGW32__', '__MSVCRT__', '__GNUC__=12', '__GNUC_MINOR__=2', '__STRICT_ANSI__', ...ATOMICS],
      ...['BUILDING_NODE_EXTENSION', ...gyp.defines],
    ],
    folders: [
      path.join(path.dirname(resolve('node-api-headers/package.json')), 'include'),
      path.dirname(resolve('node-addon-api/package.json')),
      ...library,
      '/usr/share/mingw-w64/include',
    ],
  };
}

/** The function, called at most once. */
function once(work) {
  let result;
  return () => (result ??= work());
}
