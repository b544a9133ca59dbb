import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { npm } from '../steps/modules.mjs';
import { findProgram, inRoot } from '../support/paths.mjs';
import { mustRun } from '../support/process.mjs';
import { Refusal } from '../support/refusal.mjs';

/** It has its part of libFuzzer in the package, but a hundred dependencies: nobody needs them for `npm ci`. */
const PACKAGE = '@jazzer.js/core';
const VERSION = '4.0.0';
const HOME = 'build/fuzz/jazzer';

/** The C library that its native part was built with. */
const NEWER_GLIBC = [2, 38];

/**
 * Installs the fuzzer for TypeScript, once.
 * @returns {Promise<{ program: string, env: Record<string, string> }>} what node runs, and what its environment needs
 */
export async function ensureJazzer(report) {
  const folder = inRoot(HOME);
  const installed = path.join(folder, 'node_modules', PACKAGE, 'package.json');
  if (!existsSync(installed) || JSON.parse(readFileSync(installed, 'utf8')).version !== VERSION) {
    report(`installing ${PACKAGE}@${VERSION}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
    // Without a prefix npm would take the nearest package.json above.
    const options = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--save-exact'];
    await npm(['install', ...options, `${PACKAGE}@${VERSION}`], { cwd: folder });
  }
  return {
    program: path.join(folder, 'node_modules', PACKAGE, 'dist/cli.js'),
    env: hasGlibc(NEWER_GLIBC) ? {} : { LD_PRELOAD: await fitToOlderGlibc(folder) },
  };
}

function hasGlibc([major, minor]) {
  const [, ours, its] =
    /^(\d+)\.(\d+)/.exec(process.report.getReport().header.glibcVersionRuntime ?? '') ?? [];
  return Number(ours) > major || (Number(ours) === major && Number(its) >= minor);
}

/**
 * The native part asks for versions of two libraries that Debian 12 does not have, for the sake of three functions. So
 * these versions become wishes, and the functions are added.
 * @returns {Promise<string>} the library to load first
 */
async function fitToOlderGlibc(folder) {
  const library = path.join(folder, 'newer.so');
  if (existsSync(library)) return library;
  const compiler = ['cc', 'gcc', 'clang', 'clang-14'].map(findProgram).find((program) => program !== null);
  if (compiler === undefined) throw new Refusal('The fuzzer needs a C compiler here.', 'apt-get install gcc');
  const native = path.join(
    folder,
    `node_modules/@jazzer.js/fuzzer/prebuilds/fuzzer-linux-${process.arch}.node`,
  );
  writeFileSync(native, weakened(readFileSync(native), ['GLIBC_2.38', 'GLIBCXX_3.4.32']));
  const source = path.join(folder, 'newer.c');
  writeFileSync(
    source,
    `#include <stdlib.h>
long __isoc23_strtol(const char *text, char **end, int base) { return strtol(text, end, base); }
unsigned long __isoc23_strtoul(const char *text, char **end, int base) { return strtoul(text, end, base); }
void _ZSt21ios_base_library_initv(void) {}
`,
  );
  await mustRun(compiler, ['-shared', '-fPIC', '-o', library, source]);
  return library;
}

const SHT_GNU_VERNEED = 0x6ffffffe;
const VER_FLG_WEAK = 2;

/** The same ELF file of 64 bits, in which these versions of its libraries are wanted weakly (Elf64_Vernaux). */
export function weakened(bytes, versions) {
  const file = Buffer.from(bytes);
  const at64 = (at) => Number(file.readBigUInt64LE(at));
  const [headers, size, count] = [at64(0x28), file.readUInt16LE(0x3a), file.readUInt16LE(0x3c)];
  for (let index = 0; index < count; index++) {
    const header = headers + index * size;
    if (file.readUInt32LE(header + 4) !== SHT_GNU_VERNEED) continue;
    const names = at64(headers + file.readUInt32LE(header + 40) * size + 24);
    for (let need = at64(header + 24), next = -1; next !== 0; need += next) {
      for (
        let left = file.readUInt16LE(need + 2), at = need + file.readUInt32LE(need + 8);
        left > 0;
        left--
      ) {
        const name = names + file.readUInt32LE(at + 8);
        if (versions.includes(file.toString('latin1', name, file.indexOf(0, name))))
          file.writeUInt16LE(file.readUInt16LE(at + 4) | VER_FLG_WEAK, at + 4);
        at += file.readUInt32LE(at + 12);
      }
      next = file.readUInt32LE(need + 12);
    }
  }
  return file;
}
