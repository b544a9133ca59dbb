#!/usr/bin/env node
/**
 * Draws the last column of the tables in docs/windows-proof.md: the jobs of GitHub's workflows in which a row is shown
 * on a real Windows. It is derived from the tests and the checks of the doctor that the row names.
 *
 *   node scripts/draw-proof.mjs            writes the page
 *   node scripts/draw-proof.mjs --check    says what is wrong with it, by exit code
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expectationOf } from './compare-doctor.mjs';
import { inRoot } from './support/paths.mjs';

const PAGE = 'docs/windows-proof.md';
const HEAD = 'Job';
const EXPECTED = 'scripts/doctor-expected.json';

/** The jobs, and the command of each that shows something. */
const JOBS = {
  test: { workflow: '.github/workflows/test.yml', job: 'windows', command: 'npm test' },
  doctor: { workflow: '.github/workflows/doctor.yml', job: 'doctor', command: 'doctor --write --json' },
};

const TEST = /`(test\/[\w./-]+\.(?:ts|mjs|cc))`/g;
const CHECK = /`([a-z]+(?:-[a-z]+)*\.[\w.-]+)`/g;
const IMPORT = /\bfrom '(\.[^']+)'/g;
/** What the first hook of a suite says if none of its tests runs on a real Windows. */
const SKIPPED =
  /skipOnRealWindows\(|if \(!onDouble\)\s+skip\(|if \(!onWine\(\)\) skip\(|\bneeds(?!Version\()[A-Z]\w*\(/;
/** The same in a hook that a helper adds to the suite. */
const HOOK = /\bbefore\([^{]*\{\s+await needsPeer\(/;

/** @returns {string[]} what is wrong with the page, one sentence each */
export function check() {
  const page = readPage();
  const { verdicts } = JSON.parse(readFileSync(inRoot(EXPECTED), 'utf8'));
  return [
    ...Object.values(JOBS)
      .filter((job) => !hasJob(job, readFileSync(inRoot(job.workflow), 'utf8')))
      .map(
        ({ workflow, job, command }) => `${workflow} has no job ${job} with ${command}, which ${PAGE} names`,
      ),
    ...filesOf(page)
      .filter((file) => !existsSync(inRoot(file)))
      .map((file) => `${PAGE} names ${file}, which does not exist`),
    ...checksOf(page)
      .filter((id) => expectationOf(verdicts, id) === undefined)
      .map((id) => `${PAGE} names the check ${id}, of which ${EXPECTED} expects nothing`),
    ...(drawJobs(page, runsOnWindows) === page ? [] : [`${PAGE} has wrong jobs: run scripts/draw-proof.mjs`]),
  ];
}

/**
 * The page with the column drawn again in each table that has one.
 * @param {string} page
 * @param {(test: string) => boolean} runs whether a test asks a real Windows
 */
export function drawJobs(page, runs) {
  let isDrawn = false;
  return page
    .split('\n')
    .map((line) => {
      if (!line.startsWith('|')) {
        isDrawn = false;
        return line;
      }
      if (line.endsWith(`| ${HEAD} |`)) {
        isDrawn = true;
        return line;
      }
      if (!isDrawn || line.startsWith('|---')) return line;
      const rest = line.slice(0, line.lastIndexOf(' | ') + 3);
      return `${rest}${jobsOf(rest, runs)} |`;
    })
    .join('\n');
}

function jobsOf(row, runs) {
  const jobs = [];
  if (filesOf(row).some((file) => runs(file))) jobs.push('`test`');
  if (checksOf(row).length > 0) jobs.push('`doctor`');
  return jobs.length === 0 ? 'none' : jobs.join(', ');
}

const filesOf = (text) => [...text.matchAll(TEST)].map(([, file]) => file);

/** Those of the doctor that it runs: a row says so if it doesn't. */
const checksOf = (text) =>
  [...text.matchAll(CHECK)]
    .filter(({ 0: whole, index }) => !text.slice(index + whole.length).startsWith(': not tried'))
    .map(([, id]) => id)
    .filter((id) => !id.endsWith('.md') && !id.endsWith('.yml'));

/**
 * Whether tests of this file ask a real Windows: it is a live test, and does not skip all of its tests there.
 * Others get scripted answers, which show nothing of Windows.
 * @param {string} file
 * @param {(file: string) => string} [read]
 */
export function runsOnWindows(file, read = (name) => readFileSync(inRoot(name), 'utf8')) {
  if (!file.startsWith('test/live/')) return false;
  const [beginning] = read(file).split(/^\s*it\(/m);
  return !SKIPPED.test(beginning) && ![...imports(file, read)].some((helper) => HOOK.test(read(helper)));
}

/** The files below test/ that a file takes, directly or not. */
function imports(file, read, found = new Set()) {
  for (const [, name] of read(file).matchAll(IMPORT)) {
    const taken = path.posix.join(path.posix.dirname(file), name.replace(/\.js$/, '.ts'));
    if (found.has(taken) || !taken.startsWith('test/')) continue;
    found.add(taken);
    imports(taken, read, found);
  }
  return found;
}

/** Whether a workflow has the job, and the job the command. */
function hasJob({ job, command }, workflow) {
  const [, body = ''] = workflow.split(new RegExp(`^ {2}${job}:$`, 'm'));
  return body.split(/^ {2}\S/m, 1)[0].includes(command);
}

const readPage = () => readFileSync(inRoot(PAGE), 'utf8');

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!process.argv.includes('--check')) writeFileSync(inRoot(PAGE), drawJobs(readPage(), runsOnWindows));
  const problems = check();
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
