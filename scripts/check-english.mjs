#!/usr/bin/env node
/**
 * Finds turns of phrase that make a reader stop, in prose and in sources, and says what to write instead.
 *
 *   node scripts/check-english.mjs              everything
 *   node scripts/check-english.mjs docs lib/tls  only these files and folders
 *
 * Sources are read whole, not only their comments and strings: code hardly ever spells one of these phrases.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { listFiles } from './support/fingerprint.mjs';
import { ROOT, inRoot } from './support/paths.mjs';

const EVERYTHING = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'docs',
  'lib',
  'native',
  'examples',
  'bench',
  'scripts',
  'test',
];
const PROSE = /\.md$/;
const SOURCE = /\.(ts|mts|cts|mjs|cjs|js|cc|h)$/;
/** These two have to spell what they ban. */
const EXEMPT = ['scripts/check-english.mjs', 'test/scripts/english.test.mjs'];
const LONGEST_COMMENT = 120;

/**
 * What not to write, and what to write instead. A space also matches a line break, with the mark of a comment.
 * @type {[phrase: RegExp, remedy: string][]}
 */
const BANNED = [
  [
    /(?<!\b(?:leave|leaves|leaving|left|let|lets|stand|stands)\b(?: [\w`']+){0,6} |-)alone\b/,
    'put "only" before the noun',
  ],
  [
    /\bof (?:its|their|his|her|our|your|my) own\b|\bon (?:its|their|our|your) own(?=[.,;:)])/,
    '"its own …" or "separate"; for what acts, "by itself"',
  ],
  [/\ban own\b/, '"its own", "your own", "a separate"'],
  [/\b(?:tells?|told|telling) (?:of|more|the rest)\b/, '"reports", "explains", "says more"'],
  [/\btells (?:how|why|what|which|whether)\b/, '"explains", "shows", "says"'],
  [/\b(?:tells|cannot tell|not tell|to tell)(?=[.,;:)])/, '"reports", "shows"; or name what it shows'],
  [/\bfor ever\b/, '"forever", "without a limit"'],
  [/\b(?:to be had|to be seen|to be found)\b/, '"available", "visible"; or "there is no …"'],
  [/(?<!\b(?:are|is|were|be) )\ball the same\b/, '"anyway", "still"'],
  [/\bcertificates? (?:who|whose|whom)\b/, '"a certificate that …", "with …"'],
  [/\bbe (?:it|they)\b/, '"whether … or …"'],
  [/\bwho(?:so)?ever\b/, '"anyone who …", "the caller", "the program"; or leave it out'],
  [/\b(?:is|are|was|were) meant\b(?! (?:to|for|by)\b)/, '"is deliberate", "refers to"; or a plain verb'],
  [/\b(?:is|are) to (?:be|stay|remain|have)\b/, '"must", "should", "will"'],
  [
    /\b(?:whereof|thereof|whence|thence|whither|whereupon|thereupon|lest|withal|henceforth|herewith|naught|amiss)\b/,
    'an everyday word',
  ],
  [/\bin vain\b/, '"without success"'],
  [/\banew\b/, '"again"; or "a new …"'],
  [/\bsuch as (?:it )?(?:is|are)\b/, 'say which'],
  [/\b(?:and|or) the like\b/, '"and so on", or nothing'],
  [
    /\b(?:became|becomes?|come|comes|came) of (?:it|them|this|that|each|every|a|the)\b/,
    '"the result", "what happened to"',
  ],
  [/\bunasked\b/, '"by itself", "without a request"'],
  [/\bat a loss\b|\bslip of the pen\b|\btake on trust\b/, 'say it plainly'],
  [/\b(?:will|would) (?:not )?do(?=[.,;:])/, '"can be used", "is enough"'],
  [
    /\b(?:Windows|Schannel|Wine|Node|OpenSSL|GnuTLS|undici|nodemailer|TypeScript|Mocha|CMake|CNG|CryptoAPI|LSASS) (?:wants|likes|dislikes|believes|thinks|hates|loves|is content)\b/,
    '"requires", "expects"; software has no wishes',
  ],
  [/\b(?:he|she|his|him|himself|herself)\b/, '"they", "the user", "the attacker"'],
  [/(?:^|[.:;] )Who (?:cannot|can|does|gives|has|wants|asks|needs)\b(?![^.]*\?)/, 'name the subject'],
].map(([phrase, remedy]) => [across(phrase), remedy]);

/** Lets each space of a phrase match the end of a line as well, with the marks of a comment or a quotation. */
function across(phrase) {
  return new RegExp(phrase.source.replaceAll(' ', '(?:\\s(?:[\\s*#>]|//)*)'), 'gi');
}

/**
 * @param {string[]} [paths] relative to the repository
 * @returns {string[]} one sentence for each place
 */
export function check(paths = EVERYTHING) {
  return listFiles(paths, /\.(md|[mc]?[jt]s|cc|h)$/)
    .filter((file) => !EXEMPT.includes(file))
    .flatMap((file) => compare(file, readFileSync(inRoot(file), 'utf8')));
}

/**
 * @param {string} file its name decides how the text is read
 * @param {string} text
 * @returns {string[]}
 */
export function compare(file, text) {
  const prose = PROSE.test(file) ? withoutCode(text) : text;
  const found = BANNED.flatMap(([phrase, remedy]) =>
    [...prose.matchAll(phrase)].filter(isNoConstant).map((match) => {
      const words = match[0].replace(/(?:\s|[*#>]|\/\/)+/g, ' ').trim();
      return {
        line: lineAt(text, match.index + match[0].search(/\S/)),
        what: `"${words}". Better: ${remedy}`,
      };
    }),
  );
  if (SOURCE.test(file)) found.push(...longComments(text));
  return found
    .sort((one, other) => one.line - other.line)
    .map(({ line, what }) => `${file}:${line}: ${what}`);
}

const isNoConstant = ([words]) => words !== words.toUpperCase();

/** Blanks what Markdown shows as code, and keeps the lines where they are. */
function withoutCode(page) {
  return page.replace(/^( *)(```|~~~)[^]*?^\1\2$/gm, blank).replace(/`[^`\n]*`/g, blank);
}

const blank = (text) => text.replace(/[^\n]/g, '`');
const lineAt = (text, index) => text.slice(0, index).split('\n').length;

function longComments(text) {
  return (
    text
      .split('\n')
      .map((content, at) => ({ content, line: at + 1 }))
      .filter(({ content }) => content.length > LONGEST_COMMENT && /^\s*(?:\/\/|\/?\*)/.test(content))
      // An address or a type can't be wrapped.
      .filter(({ content }) => !/\S{80}|@\w+ \{/.test(content))
      .map(({ line }) => ({ line, what: `a comment of more than ${LONGEST_COMMENT} characters: wrap it` }))
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const paths = process.argv.slice(2).map((given) => path.relative(ROOT, path.resolve(given)));
  const problems = check(paths.length === 0 ? EVERYTHING : paths);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) console.error(`${problems.length} to mend`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
