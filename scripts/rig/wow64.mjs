import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openApt } from './apt.mjs';
import { command } from './command.mjs';
import { RigError } from './error.mjs';
import { wineEnvironment } from './environment.mjs';
import { rigHome } from './location.mjs';

const LIB = 'usr/lib/x86_64-linux-gnu';
const WINEBOOT_TIMEOUT_MS = 600_000;

/** What comes from a Wine that runs only programs of 64 bits. */
const PREFIXES = ['template', 'prefix'];

/** npm's package with the last Node for Windows of 32 bits. */
export const NODE_IA32 = {
  name: 'node-win-x86',
  version: '22.23.2',
  integrity:
    'sha512-KCIFCi5rp0Slx4IoD9flKynhAfvGNloeq/sllx//qGuKZ09aSvrsfejR8pRPcS4Obv9mMcVFApYZxBIdgtcLxA==',
};

/** Where the rig for programs of 32 bits is: it depends on the one that it is made from. */
export async function wow64Directory(wine) {
  const hash = createHash('sha256')
    .update(await readFile(fileURLToPath(import.meta.url)))
    .update(basename(wine));
  return join(rigHome(), `wow64-${hash.digest('hex').slice(0, 12)}`);
}

/**
 * Builds a Wine that runs programs of 32 bits as well. Its Unix part stays that of 64 bits: without a loader of 32,
 * Wine's DLLs of 32 bits call it by wow64.dll.
 * @param {string} wine the rig that it is made from; the files of both are hard links
 */
export async function buildWow64(directory, wine, report) {
  for (const name of (await readdir(wine)).filter((entry) => !PREFIXES.includes(entry)))
    await command('cp', ['-al', join(wine, name), join(directory, name)]);
  const work = await mkdtemp(join(tmpdir(), 'schannel-rig-'));
  try {
    await install(directory, wine, work, report);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  report('Wine of 32 bits', 0.8, 'making the prefix');
  const prefix = join(directory, 'template');
  const env = wineEnvironment({ wine: directory, prefix });
  for (const [program, ...args] of [
    ['wine64', 'wineboot', '-i'],
    ['wineserver', '-w'],
  ])
    await command(join(directory, LIB, program), args, { env, timeoutMs: WINEBOOT_TIMEOUT_MS });
  await rm(join(prefix, 'wineserver'), { force: true });
}

async function install(directory, wine, work, report) {
  report('Wine of 32 bits', 0, 'downloading 110 MB');
  const apt = await openApt(work);
  await apt(['download', 'libz-mingw-w64'], work);
  const sources = join(work, 'i386.sources');
  const text = await readFile(join(work, 'debian.sources'), 'utf8');
  await writeFile(sources, text.replace('Architectures: amd64', 'Architectures: i386'));
  const i386 = ['-o', `Dir::Etc::sourcelist=${sources}`, '-o', 'APT::Architectures::=i386'];
  await apt([...i386, 'update'], work);
  await apt([...i386, 'download', 'libwine:i386'], work);
  await compareVersions(wine, work);
  report('Wine of 32 bits', 0.4, 'unpacking');
  const unpacked = join(work, 'unpacked');
  await mkdir(unpacked);
  for (const name of (await readdir(work)).filter((file) => file.endsWith('.deb')))
    await command('dpkg-deb', ['-x', join(work, name), unpacked]);
  const dlls = join(unpacked, 'usr/lib/i386-linux-gnu/wine/i386-windows');
  // As for the DLLs of 64 bits: strip complains about what is no object file, and libwine's postinst marks zlib1.dll.
  report('Wine of 32 bits', 0.6, 'dropping debug information');
  await command('x86_64-w64-mingw32-strip', ['-S', ...(await readdir(dlls))], { cwd: dlls }).catch(() => {});
  const zlib = await readFile(join(unpacked, 'usr/i686-w64-mingw32/lib/zlib1.dll'));
  zlib.fill(0, 64, 96).write('Wine builtin DLL', 64, 'latin1');
  await writeFile(join(dlls, 'zlib1.dll'), zlib);
  const target = join(directory, LIB, 'wine/i386-windows');
  await rm(target, { recursive: true, force: true });
  await rename(dlls, target).catch(() => command('cp', ['-a', dlls, target])); // another file system
}

/** DLLs of 32 bits call a Unix part, whose tables must be those of the same version. */
async function compareVersions(wine, work) {
  const packages = await readFile(join(wine, 'packages.sha256'), 'utf8');
  const has = /\blibwine_(\S+)_amd64\.deb$/m.exec(packages)?.[1];
  const files = await readdir(work);
  if (files.some((file) => file.startsWith(`libwine_${has}_i386`))) return;
  throw new RigError(
    `Debian no longer offers libwine ${has}, of which the rig is. Delete ${wine}, and repeat: a new rig is built.`,
  );
}
