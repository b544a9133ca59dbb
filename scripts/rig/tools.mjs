import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.mjs';
import { NATIVE_SOURCES, SHIM_SOURCES } from './location.mjs';

const WARNINGS = ['-Wall', '-Wextra', '-Wshadow'];
const MINGW = 'x86_64-w64-mingw32-gcc-posix';
const WINDOWS = ['-O2', '-municode', '-s', '-D_WIN32_WINNT=0x0A00', ...WARNINGS];

/** Compiles our own programs into `directory`. */
export async function buildTools(directory) {
  const source = (name) => join(NATIVE_SOURCES, name);
  const target = (name) => join(directory, name);
  const shim = (await readdir(SHIM_SOURCES))
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(SHIM_SOURCES, name));
  await Promise.all([
    command('gcc', ['-O2', ...WARNINGS, '-o', target('start'), '-static', source('start.c')]),
    command('gcc', [
      '-O2',
      ...WARNINGS,
      '-fPIC',
      '-shared',
      '-fvisibility=hidden',
      '-o',
      target('schanrig.so'),
      ...shim,
    ]),
    command(MINGW, [...WINDOWS, '-o', target('launch.exe'), source('launch.c')]),
    command(MINGW, [...WINDOWS, '-shared', '-o', target('crash.dll'), source('crash.c')]),
    command(MINGW, [...WINDOWS, '-o', target('trust.exe'), source('trust.c'), '-lcrypt32']),
  ]);
}
