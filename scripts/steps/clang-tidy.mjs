import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fingerprint, isMarked, listFiles, mark } from '../support/fingerprint.mjs';
import { findProgram, inRoot } from '../support/paths.mjs';
import { execute, mustRun } from '../support/process.mjs';
import { Refusal, StepFailure } from '../support/refusal.mjs';
import { sideBySide } from '../support/side-by-side.mjs';

const COMPILER = 'x86_64-w64-mingw32-g++-posix';
const CONFIGURATION = '.clang-tidy';

/**
 * Checks each source that has changed, or whose headers have, with the checks of .clang-tidy.
 * @throws {Refusal} without clang-tidy
 * @throws {StepFailure} with all that it found
 */
export async function tidy(report = () => {}) {
  for (const program of ['clang-tidy', COMPILER]) {
    if (findProgram(program) === null) throw new Refusal(`${program} is not installed.`);
  }
  const { stdout: version } = await mustRun('clang-tidy', ['--version']);
  const options = await compilerOptions();
  const files = listFiles(['native'], /\.cc$/);
  const findings = [];
  let done = 0;
  await sideBySide(files, os.availableParallelism(), async (file) => {
    const state = fingerprint([CONFIGURATION, file, ...headersOf(file)], version, options);
    const markFile = `build/.checks/clang-tidy/${file.replaceAll('/', '.')}`;
    if (!isMarked(markFile, state)) {
      const { code, output } = await execute('clang-tidy', ['--quiet', file, '--', ...options]);
      if (code === 0) mark(markFile, state);
      else findings.push(output.replaceAll(/^\d+ warnings?.* generated\.\n/gm, ''));
    }
    done += 1;
    report('clang-tidy', done / files.length, file);
  });
  if (findings.length > 0) throw new StepFailure(findings.join('\n'));
}

/** The headers of ours that a source includes, directly or by another. */
export function headersOf(
  file,
  read = (name) => readFileSync(inRoot(name), 'utf8'),
  isThere = (name) => existsSync(inRoot(name)),
) {
  const found = new Set();
  const visit = (name) => {
    for (const [, header] of read(name).matchAll(/^#include "(.+)"$/gm)) {
      const own = [`native/${header}`, path.posix.join(path.posix.dirname(name), header)].find(isThere);
      if (own === undefined || found.has(own)) continue;
      found.add(own);
      visit(own);
    }
  };
  visit(file);
  return [...found].sort();
}

/** As cmake/clang_check.cmake has it: the C++ library is GCC's, the Windows headers clang finds by itself. */
async function compilerOptions() {
  const resolve = createRequire(import.meta.url).resolve;
  const { output } = await execute(COMPILER, ['-E', '-x', 'c++', '-v', os.devNull]);
  const library = [...output.matchAll(/^ (\/\S+\/c\+\+\S*)$/gm)].map(([, folder]) => folder);
  const node = [
    path.join(path.dirname(resolve('node-api-headers/package.json')), 'include'),
    path.dirname(resolve('node-addon-api/package.json')),
  ];
  const { defines } = JSON.parse(readFileSync(inRoot('binding.gyp'), 'utf8')).targets[0];
  return [
    '--target=x86_64-w64-mingw32',
    '-std=c++17',
    '-Inative',
    ...[...node, ...library].flatMap((folder) => ['-isystem', folder]),
    ...['BUILDING_NODE_EXTENSION', ...defines].map((name) => `-D${name}`),
  ];
}
