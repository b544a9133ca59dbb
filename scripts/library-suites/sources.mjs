import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApt } from '../rig/apt.mjs';
import { command } from '../rig/command.mjs';
import { RigError } from '../rig/error.mjs';
import { rigHome } from '../rig/location.mjs';
import { buildOnce } from '../rig/once.mjs';
import { npm } from '../steps/modules.mjs';
import { Refusal } from '../support/refusal.mjs';
import { remake } from './fixtures.mjs';

/**
 * Brings the sources of a suite, with all that its tests need.
 * @param {import('./suites.mjs').Suite} suite
 * @param {object} options
 * @param {string} [options.tests] a folder with sources in folders of the libraries' names, in place of Debian's and npm's
 * @param {import('../support/progress.mjs').Report} options.report
 * @returns {Promise<string>} the folder, which stays
 */
export async function ensureSuite(suite, { tests, report }) {
  const from = given(suite, tests);
  // What is asked for can change without the version.
  const key = createHash('sha256')
    .update(JSON.stringify([suite, from]))
    .digest('hex')
    .slice(0, 8);
  const directory = join(rigHome(), `library-suite-${suite.library}-${suite.version}-${key}`);
  const build = async (building) => {
    if (from) await cp(from, building, { recursive: true });
    else if (suite.from === 'debian') await fromDebian(suite, building, report);
    else await fromNpm(suite, building, report);
    report('installing what its tests need');
    await forgetDevelopment(join(building, 'package.json'));
    const flags = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
    await npm(['install', ...flags, ...suite.needs], { cwd: building });
    await remake(suite.fixtures ?? [], building);
  };
  // Who names a folder may have changed what is in it.
  if (from) await rm(directory, { recursive: true, force: true });
  await buildOnce(directory, build, { waiting: () => report('waiting for another process') });
  return directory;
}

/**
 * @param {import('./suites.mjs').Suite} suite
 * @param {string | undefined} tests
 * @returns {string | null} the folder with the sources of a suite, if there is one
 */
export function given(suite, tests) {
  const folder = tests && join(tests, suite.library);
  if (!folder || !existsSync(folder)) return null;
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (version !== suite.version) throw new Refusal(`${folder} is version ${version}, not ${suite.version}.`);
  return folder;
}

/** What tests need of it is named by the suite; the rest is a lot, and formats and documents. */
async function forgetDevelopment(file) {
  const { dependencies, ...manifest } = JSON.parse(await readFile(file, 'utf8'));
  for (const name of ['devDependencies', 'optionalDependencies', 'peerDependencies']) delete manifest[name];
  await writeFile(file, JSON.stringify({ ...manifest, dependencies }));
}

async function fromDebian({ library, version }, directory, report) {
  const name = `node-${library}`;
  await inFolder(async (work) => {
    report('reading the package lists');
    const apt = await openApt(work, { sources: true });
    report('downloading');
    const sources = join(work, 'sources');
    await mkdir(sources);
    const failure = await apt(['source', '--download-only', '--tar-only', name], sources).then(
      () => null,
      (error) => error,
    );
    const archive = (await readdir(sources)).find((name) => /\.orig\.tar\.\w+$/.test(name));
    // The other archives of a source package are other libraries, which npm has.
    if (archive === undefined && failure !== null) throw failure;
    if (!archive?.startsWith(`${name}_${version}`) || /^\d/.test(archive.slice(`${name}_${version}`.length)))
      throw new RigError(
        `Debian offers the sources of ${archive ?? `no ${name}`}, not of ${library} ${version}.`,
      );
    await unpack(join(sources, archive), directory);
  });
}

async function fromNpm({ library, version }, directory, report) {
  await inFolder(async (work) => {
    report('downloading');
    await npm(['pack', '--silent', `${library}@${version}`], { cwd: work });
    const [archive] = await readdir(work);
    await unpack(join(work, archive), directory);
  });
}

const unpack = (archive, directory) =>
  command('tar', ['-xf', archive, '-C', directory, '--strip-components=1', '--no-same-owner']);

async function inFolder(use) {
  const work = await mkdtemp(join(tmpdir(), 'schannel-library-suite-'));
  try {
    await use(work);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
