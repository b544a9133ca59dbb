#!/usr/bin/env node
/**
 * Unit tests mirror lib/: test/unit/PATH.test.ts tests lib/PATH.ts, and so does test/unit/PATH-SUFFIX.test.ts.
 * Their title is PATH, or "PATH: what". Tests of the package and of its pages are in test/unit/repository.
 *
 *   node scripts/check-unit-tests.mjs              names the tests that do not
 *   node scripts/check-unit-tests.mjs --retitle    gives each test the title that its file's name asks for
 *   node scripts/check-unit-tests.mjs --untested   names the files of lib that have no unit test of their name
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { listFiles } from './support/fingerprint.mjs';
import { inRoot } from './support/paths.mjs';

const TESTS = 'test/unit';
const OF_REPOSITORY = /^test\/unit\/repository\//;
/** The outermost suites of a file: those at its margin, or the first one where loops are around it. */
const AT_MARGIN = /^describe\w*\(\s*(['"`])(.*?)\1/gm;
const FIRST = /^ *describe\w*\(\s*(['"`])(.*?)\1/m;

/** @returns {string[]} one sentence for each test that is out of place */
export function check() {
  return compare(read(tests()), modules());
}

/**
 * @param {[file: string, text: string][]} files the unit tests
 * @param {string[]} subjects paths in lib, without extension
 * @returns {string[]}
 */
export function compare(files, subjects) {
  return files.flatMap(([file, text]) => {
    const subject = subjectOf(file, subjects);
    if (subject === undefined) return [`${file} bears the name of no file in lib`];
    return titles(text)
      .filter(({ title }) => !isTitled(title, subject))
      .map(({ title }) => `${file}: the title '${title}' does not begin with '${subject}'`);
  });
}

/** The file of lib that a test is about: its name, or the longest that a suffix follows. */
export function subjectOf(file, subjects) {
  const name = file.slice(TESTS.length + 1).replace(/\.test\.ts$/, '');
  return subjects
    .filter((subject) => name === subject || name.startsWith(`${subject}-`))
    .reduce((longest, next) => ((longest ?? '').length > next.length ? longest : next), undefined);
}

/** The text with titles that begin with their subject; what they said beside it is kept where it tells suites apart. */
export function retitled(file, text, subject) {
  const found = titles(text);
  const isPlain = file === `${TESTS}/${subject}.test.ts` && found.length === 1 && found[0].quote !== '`';
  let result = text;
  for (const { title, quote, whole } of found) {
    if (isTitled(title, subject)) continue;
    const rest = /^[a-z0-9-]+(?:\/[a-z0-9-]+)+$/.test(title) ? '' : title.replace(/^[\w/-]+: /, '');
    const next = isPlain || rest === '' ? subject : `${subject}: ${rest}`;
    result = result.replace(whole, () => whole.replace(quote + title + quote, () => quote + next + quote));
  }
  return result;
}

function titles(text) {
  const margin = [...text.matchAll(AT_MARGIN)];
  const found = margin.length > 0 ? margin : [FIRST.exec(text)].filter((match) => match !== null);
  return found.map(([whole, quote, title]) => ({ whole, quote, title }));
}

const isTitled = (title, subject) => title === subject || title.startsWith(`${subject}: `);
const tests = () => listFiles([TESTS], /\.test\.ts$/).filter((file) => !OF_REPOSITORY.test(file));
const modules = () => listFiles(['lib'], /\.ts$/).map((file) => file.slice('lib/'.length, -'.ts'.length));
const read = (files) => files.map((file) => [file, readFileSync(inRoot(file), 'utf8')]);

function untested() {
  const subjects = modules();
  const tested = new Set(tests().map((file) => subjectOf(file, subjects)));
  return subjects.filter((subject) => !tested.has(subject)).map((subject) => `lib/${subject}.ts`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (process.argv.includes('--untested')) {
    for (const file of untested()) console.log(file);
  } else {
    if (process.argv.includes('--retitle')) {
      for (const [file, text] of read(tests())) {
        const subject = subjectOf(file, modules());
        if (subject !== undefined) writeFileSync(inRoot(file), retitled(file, text, subject));
      }
    }
    const problems = check();
    for (const problem of problems) console.error(problem);
    process.exitCode = problems.length === 0 ? 0 : 1;
  }
}
