import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { check as checkCitations } from '../check-citations.mjs';
import { check as checkEnglish } from '../check-english.mjs';
import { check as checkFloors } from '../check-floors.mjs';
import { check as checkIncludes } from '../check-includes.mjs';
import { check as checkSources } from '../check-sources.mjs';
import { check as checkUnitTests } from '../check-unit-tests.mjs';
import { check as checkWorkflows, WORKFLOWS } from '../check-workflows.mjs';
import { check as checkCosts } from '../draw-costs.mjs';
import { check as checkErrors } from '../draw-errors.mjs';
import { check as checkDrawings } from '../draw-floors.mjs';
import { check as checkLibrarySuites } from '../draw-library-suites.mjs';
import { check as checkLibraries } from '../draw-libraries.mjs';
import { check as checkProof } from '../draw-proof.mjs';
import { check as checkTunnel } from '../draw-tunnel.mjs';
import { checkAsVisualCpp, missingForVisualCpp } from '../steps/clang-msvc.mjs';
import { npm } from '../steps/modules.mjs';
import { checkConsumers, consumerFiles } from './consumer-types.mjs';
import { fingerprint, isMarked, listFiles, mark } from '../support/fingerprint.mjs';
import { findProgram, inRoot } from '../support/paths.mjs';
import { mustRun } from '../support/process.mjs';
import { StepFailure } from '../support/refusal.mjs';

const SOURCES = ['lib', 'test', 'bench', 'examples', 'scripts'];
const SETTINGS = [
  'package.json',
  'package-lock.json',
  'eslint.config.mjs',
  '.prettierrc',
  '.prettierignore',
  '.clang-format',
];
const CPP = ['native', 'test', 'scripts', 'bench'];

/**
 * Every check of the repository's own text, each counted as one test. What has passed once is not checked
 * again until one of its files changes.
 * @param {object} options
 * @param {import('./tally.mjs').Tally} options.tally
 * @param {string[]} [options.processors] for which the native sources are read; each takes a minute at first
 */
export async function runLint({ tally, processors = ['x64'] }) {
  const scripts = [...SETTINGS, ...listFiles(SOURCES, /\.(ts|mjs|cjs|js|json)$/), ...rootScripts()];
  const packed = [...SETTINGS, ...listFiles(['lib'], /\.ts$/)];
  await Promise.all([
    once(tally, 'eslint', [...scripts, ...rootFiles(/^tsconfig/)], eslint),
    once(tally, 'prettier', scripts, prettier),
    clangFormat(tally),
    visualCpp(tally, processors),
    once(tally, 'package shape', packed, packageShape),
    once(tally, 'types for consumers', [...packed, ...consumerFiles], typesForConsumers),
    once(
      tally,
      'workflows',
      [...SETTINGS, 'scripts/check-workflows.mjs', ...listFiles([WORKFLOWS])],
      workflows,
    ),
  ]);
  for (const [title, check] of [
    ['floors of lib', checkFloors],
    ['drawings of the floors', checkDrawings],
    ['error codes and docs/errors.md', checkErrors],
    ['bench/cost-figures.json and docs/cost.md', checkCosts],
    ['results of libraries and docs/libraries.md', checkLibraries],
    ['options of stunnel and docs/tunnel.md', checkTunnel],
    ['tests of libraries and docs/libraries.md', checkLibrarySuites],
    ['jobs of docs/windows-proof.md', checkProof],
    ['citations of docs/windows-behaviour.md', checkCitations],
    ['native sources and binding.gyp', checkSources],
    ['headers of native sources', checkIncludes],
    ['names of unit tests', checkUnitTests],
    ['English', checkEnglish],
  ]) {
    const problems = check();
    if (problems.length === 0) tally.pass(title);
    else tally.fail(title, problems.join('\n'));
  }
}

/** `npm run format` */
export async function format() {
  await mustRun(process.execPath, [
    'node_modules/prettier/bin/prettier.cjs',
    '--log-level=warn',
    '--write',
    '.',
  ]);
  const reason = await whyNoClangFormat();
  if (reason === null) await mustRun('clang-format', ['-i', ...nativeFiles()]);
  else console.log(`C++ is left as it is: ${reason}`);
}

async function once(tally, title, files, check) {
  const state = fingerprint(files, process.versions.node);
  const markFile = `build/.checks/${title.replaceAll(' ', '-')}`;
  const since = performance.now();
  try {
    if (!isMarked(markFile, state)) {
      await check();
      mark(markFile, state);
    }
    tally.pass(title);
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    tally.fail(title, error.message);
  } finally {
    tally.spend(title, performance.now() - since);
  }
}

const eslint = () =>
  mustRun(process.execPath, ['node_modules/eslint/bin/eslint.js', '--max-warnings=0', '.'], {
    title: 'eslint',
  });

const prettier = () =>
  mustRun(process.execPath, ['node_modules/prettier/bin/prettier.cjs', '--check', '.'], {
    title: 'prettier',
  });

async function clangFormat(tally) {
  const reason = await whyNoClangFormat();
  if (reason !== null) return tally.skip('clang-format', reason);
  const files = nativeFiles();
  return once(tally, 'clang-format', ['.clang-format', ...files], async () => {
    await mustRun('clang-format', ['--dry-run', '-Werror', ...files], { title: 'clang-format' });
  });
}

/** Each version formats in its own way. This is Debian 12's. */
const CLANG_FORMAT = '14';

/**
 * Why C++ is not formatted here; null if it is. GitHub's Windows has a later version.
 * @param {() => Promise<string | null>} [version] what the program says of itself; null if there is none
 */
export async function whyNoClangFormat(version = versionOfClangFormat) {
  const text = await version();
  if (text === null) return 'clang-format is not installed';
  const [, major = 'of an unknown version'] = /version (\d+)\./.exec(text) ?? [];
  if (major === CLANG_FORMAT) return null;
  return `clang-format is ${major} here, and the sources are formatted by ${CLANG_FORMAT}`;
}

async function versionOfClangFormat() {
  const program = findProgram('clang-format');
  return program === null ? null : (await mustRun(program, ['--version'])).stdout;
}

async function visualCpp(tally, processors) {
  const title = 'rules of Visual C++';
  const missing = missingForVisualCpp();
  if (missing !== null) return tally.skip(title, `${missing} is not installed`);
  const since = performance.now();
  try {
    await checkAsVisualCpp(processors);
    tally.pass(title);
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    tally.fail(title, error.message);
  } finally {
    tally.spend(title, performance.now() - since);
  }
}

/** What consumers get: the packed archive, seen by publint and by TypeScript in each of its module modes. */
const packageShape = () =>
  withArchive(async (archive) => {
    await mustRun(process.execPath, ['node_modules/publint/src/cli.js', 'run', archive, '--strict'], {
      title: 'publint',
    });
    await mustRun(
      process.execPath,
      ['node_modules/@arethetypeswrong/cli/dist/index.js', archive, '--profile', 'node16'],
      {
        title: 'attw',
      },
    );
  });

const typesForConsumers = () => withArchive(checkConsumers);

async function workflows() {
  const problems = await checkWorkflows();
  if (problems.length > 0) throw new StepFailure(problems.join('\n'));
}

/** @param {(archive: string, folder: string) => Promise<void>} use the folder is gone afterwards */
async function withArchive(use) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'schannel-pack-'));
  try {
    await npm(['pack', '--silent', '--ignore-scripts', '--pack-destination', folder]);
    const archive = path.join(
      folder,
      readdirSync(folder).find((name) => name.endsWith('.tgz')),
    );
    await use(archive, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const nativeFiles = () => listFiles(CPP, /\.(cc|c|h)$/);
const rootScripts = () => rootFiles(/\.(mjs|json)$/);
const rootFiles = (pattern) => readdirSync(inRoot('.')).filter((name) => pattern.test(name));
