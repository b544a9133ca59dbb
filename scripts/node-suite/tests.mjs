import { readFileSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApt } from '../rig/apt.mjs';
import { command } from '../rig/command.mjs';
import { RigError } from '../rig/error.mjs';
import { rigHome } from '../rig/location.mjs';
import { buildOnce } from '../rig/once.mjs';

/** The release of Node whose tests they are, as Debian's source package has it, and the node they run on. */
export const TESTS_VERSION = '20.19.2';
export const TESTS_NODE = '20';

/** What is taken of Node's sources; nothing of it is ever part of this project. */
const WANTED = [
  '*/test/common',
  '*/test/fixtures',
  '*/test/parallel/test-tls-*',
  '*/test/parallel/test-https-*',
];

/**
 * Brings Node's own tests of tls and https (20 MB to download), and resolves to the folder that has `test` in it.
 * @param {import('../support/progress.mjs').Report} report
 */
export async function ensureNodeTests(report) {
  const directory = join(rigHome(), `node-tests-${TESTS_VERSION}`);
  await buildOnce(directory, (building) => download(building, report), {
    waiting: () => report('waiting for another process'),
  });
  return directory;
}

async function download(directory, report) {
  const work = await mkdtemp(join(tmpdir(), 'schannel-node-tests-'));
  try {
    report('reading the package lists');
    const apt = await openApt(work, { sources: true });
    report('downloading 20 MB');
    const sources = join(work, 'sources');
    await mkdir(sources);
    await apt(['source', '--download-only', '--tar-only', 'nodejs'], sources);
    const archive = (await readdir(sources)).find((name) => name.endsWith('.orig.tar.xz'));
    if (!archive?.startsWith(`nodejs_${TESTS_VERSION}`))
      throw new RigError(`Debian offers the sources of ${archive ?? 'no nodejs'}, not of ${TESTS_VERSION}.`);
    report('unpacking');
    const options = ['--strip-components=1', '--no-same-owner', '--wildcards'];
    await command('tar', ['-xf', join(sources, archive), '-C', directory, ...options, ...WANTED]);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * @param {string} directory what ensureNodeTests() gave
 * @returns {{ name: string, file: string, flags: string[] }[]} in the order of their names; `flags` are the options of
 *   node that a test asks for in its comment "Flags:"
 */
export function listNodeTests(directory) {
  const folder = join(directory, 'test/parallel');
  return readdirSync(folder)
    .filter((name) => /^test-(tls|https)-.*\.m?js$/.test(name))
    .sort()
    .map((entry) => {
      const file = join(folder, entry);
      const flags = /\/\/ Flags:(.*)/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
      return { name: entry.replace(/\.m?js$/, ''), file, flags: flags.split(' ').filter(Boolean) };
    });
}
