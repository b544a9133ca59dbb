import { createHash } from 'node:crypto';
import { link, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApt } from './apt.mjs';
import { command } from './command.mjs';
import { RigError } from './error.mjs';
import { NATIVE_SOURCES } from './location.mjs';
import { SUITE, WINE_PACKAGES, WINE_VERSION } from './recipe.mjs';
import { wineEnvironment } from './environment.mjs';

const LIB = 'usr/lib/x86_64-linux-gnu';
const WINEBOOT_TIMEOUT_MS = 120_000;

/**
 * Builds Wine in `directory` from Debian's packages, unpacked without root and without the package
 * database, and the prefix all others are copied from.
 */
export async function buildWine(directory, report) {
  const work = await mkdtemp(join(tmpdir(), 'schannel-rig-'));
  try {
    report('Wine', 0, 'reading the package lists');
    const apt = await openApt(work);
    report('Wine', 0.1, 'downloading 120 MB');
    const debs = join(work, 'debs');
    await mkdir(debs);
    await apt(['download', ...WINE_PACKAGES], debs);
    await unpack(debs, directory, report);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  await markZlib(directory);
  report('Wine', 0.7, 'dropping debug information');
  await strip(join(directory, LIB, 'wine/x86_64-windows'));
  await installStub(directory);
  report('Wine', 0.8, 'making the prefix');
  await makePrefix(directory);
}

const UNNEEDED = [
  ...['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'usr/bin', 'usr/sbin', `${LIB}/gconv`],
  'usr/x86_64-w64-mingw32ucrt',
];

async function unpack(debs, directory, report) {
  const names = (await readdir(debs)).filter((name) => name.endsWith('.deb')).sort();
  const wine = names.find((name) => name.startsWith('libwine_'));
  if (!wine?.startsWith(`libwine_${WINE_VERSION}~`)) {
    throw new RigError(
      `Debian ${SUITE} offers ${wine ?? 'no libwine'}; this rig is made for Wine ${WINE_VERSION}.`,
    );
  }
  const sums = [];
  for (const [index, name] of names.entries()) {
    report('Wine', 0.4 + (0.3 * index) / names.length, `unpacking ${name.split('_')[0]}`);
    const file = join(debs, name);
    const sum = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    sums.push(`${sum}  ${name}\n`);
    await command('dpkg-deb', ['-x', file, directory]);
    await rm(file);
  }
  await writeFile(join(directory, 'packages.sha256'), sums.join(''));
  for (const path of UNNEEDED) await rm(join(directory, path), { recursive: true, force: true });
}

/**
 * What libwine's postinst does with mingw's zlib1.dll: the mark of a builtin over bytes 64 to 95. Without
 * it user32 does not load, hence no program at all.
 */
async function markZlib(directory) {
  const toolchain = join(directory, 'usr/x86_64-w64-mingw32');
  const dll = await readFile(join(toolchain, 'lib/zlib1.dll'));
  dll.fill(0, 64, 96).write('Wine builtin DLL', 64, 'latin1');
  await writeFile(join(directory, LIB, 'wine/x86_64-windows/zlib1.dll'), dll);
  await rm(toolchain, { recursive: true });
}

/** Those a native bug of ours would lead into stay readable for a debugger. */
const WITH_DEBUG_INFORMATION =
  /^(secur32|crypt32|rsaenh|ncrypt|bcrypt|ntdll|kernel32|kernelbase|ws2_32|schannel|cryptnet)\.dll$/;

/** Debian leaves DWARF in every DLL: 740 MB instead of 280, copied into each prefix as well. */
async function strip(directory) {
  const files = (await readdir(directory)).filter((name) => !WITH_DEBUG_INFORMATION.test(name));
  const workers = availableParallelism();
  const share = (worker) => files.filter((_, index) => index % workers === worker);
  await Promise.all(
    Array.from({ length: workers }, (_, worker) =>
      // Not every file there is an object file; strip says so, and does the rest.
      command('x86_64-w64-mingw32-strip', ['-S', ...share(worker)], { cwd: directory }).catch(() => {}),
    ),
  );
}

async function installStub(directory) {
  const wine64 = join(directory, LIB, 'wine64');
  await command('gcc', ['-O2', '-static', '-o', wine64, join(NATIVE_SOURCES, 'stub.c')]);
  await link(wine64, join(directory, LIB, 'wineserver'));
  // Debian's wineserver looks for its tables here, and then in the host's /usr/share/wine.
  await mkdir(join(directory, 'usr/share/wine/wine'), { recursive: true });
  await symlink('../nls', join(directory, 'usr/share/wine/wine/nls'));
  const fonts = '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig></fontconfig>\n';
  await writeFile(join(directory, 'etc/rig-fonts.conf'), fonts);
  await mkdir(join(directory, 'home'));
}

async function makePrefix(directory) {
  const prefix = join(directory, 'template');
  const env = wineEnvironment({ wine: directory, prefix });
  await command(join(directory, LIB, 'wine64'), ['wineboot', '-i'], { env, timeoutMs: WINEBOOT_TIMEOUT_MS });
  await command(join(directory, LIB, 'wineserver'), ['-w'], { env, timeoutMs: WINEBOOT_TIMEOUT_MS });
  await rm(join(prefix, 'wineserver'), { force: true });
}
