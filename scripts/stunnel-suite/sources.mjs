import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApt } from '../rig/apt.mjs';
import { command } from '../rig/command.mjs';
import { RigError } from '../rig/error.mjs';
import { rigHome } from '../rig/location.mjs';
import { buildOnce } from '../rig/once.mjs';
import { Refusal } from '../support/refusal.mjs';

/** The release of stunnel whose tests they are, and the Debian that has its sources. */
export const SUITE_VERSION = '5.68';
const DEBIAN = 'bookworm';

/**
 * Brings stunnel's own tests (1 MB to download), and resolves to the folder with `maketest.py`. They are under the GPL,
 * and never part of this project.
 * @param {import('../support/progress.mjs').Report} report
 */
export async function ensureStunnelTests(report) {
  const directory = join(rigHome(), `stunnel-tests-${SUITE_VERSION}`);
  await buildOnce(directory, (building) => download(building, report), {
    waiting: () => report('waiting for another process'),
  });
  return join(directory, 'tests');
}

async function download(directory, report) {
  const work = await mkdtemp(join(tmpdir(), 'schannel-stunnel-tests-'));
  try {
    report('reading the package lists');
    const apt = await openApt(work, { sources: true });
    // The rig's own Debian is another one.
    const list = join(work, 'debian.sources');
    await writeFile(list, (await readFile(list, 'utf8')).replace(/^Suites: .*$/m, `Suites: ${DEBIAN}`));
    await apt(['update'], work);
    report('downloading 1 MB');
    const sources = join(work, 'sources');
    await mkdir(sources);
    await apt(['source', '--download-only', '--tar-only', 'stunnel4'], sources);
    const archive = (await readdir(sources)).find((name) => /\.orig\.tar\.\w+$/.test(name));
    if (!archive?.startsWith(`stunnel4_${SUITE_VERSION}.`))
      throw new RigError(
        `Debian offers the sources of ${archive ?? 'no stunnel4'}, not of ${SUITE_VERSION}.`,
      );
    report('unpacking');
    const options = ['--strip-components=1', '--no-same-owner', '--wildcards', '*/tests'];
    await command('tar', ['-xf', join(sources, archive), '-C', directory, ...options]);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * @param {string} directory the folder with `maketest.py`
 * @returns {string[]} names of the files in `plugins`, each of which has some cases, in their order
 * @throws {Refusal} if it is another folder
 */
export function listPlugins(directory) {
  if (!existsSync(join(directory, 'maketest.py')) || !existsSync(join(directory, 'plugins')))
    throw new Refusal(
      `${directory} has no maketest.py with plugins: name the folder "tests" of stunnel's sources.`,
    );
  return readdirSync(join(directory, 'plugins'))
    .filter((name) => /^p\d+_\w+\.py$/.test(name))
    .sort();
}
