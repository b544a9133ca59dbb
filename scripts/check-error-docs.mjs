/** Every error code of the library is explained in docs/errors.md, and nothing is explained that is gone. */
import { existsSync, readFileSync } from 'node:fs';
import { runIfMain } from './support/check.mjs';
import { listFiles } from './support/fingerprint.mjs';
import { inRoot } from './support/paths.mjs';

const PAGE = 'docs/errors.md';
// A name that ends in "_" stands for a family of codes.
const CODE = /\bERR_SCHANNEL_[A-Z0-9_]*[A-Z0-9]\b/g;

/** @returns {string[]} */
export function check() {
  if (!existsSync(inRoot(PAGE))) return [`${PAGE} is missing`];
  return compare(read([PAGE]), read(listFiles(['lib'], /\.ts$/)));
}

/**
 * @param {[string, string][]} page name and text of the page that explains
 * @param {[string, string][]} sources names and texts of the files that use
 * @returns {string[]}
 */
export function compare(page, sources) {
  const documented = codesIn(page);
  const used = codesIn(sources);
  const undocumented = [...used.keys()].filter((code) => !documented.has(code));
  const obsolete = [...documented.keys()].filter((code) => !used.has(code));
  return [
    ...undocumented.map((code) => `${PAGE} does not explain ${code} of ${used.get(code)}`),
    ...obsolete.map((code) => `${PAGE} explains ${code}, which lib does not use`),
  ];
}

const read = (files) => files.map((file) => [file, readFileSync(inRoot(file), 'utf8')]);

/** Each code with the first file that names it. */
function codesIn(files) {
  const found = new Map();
  for (const [file, text] of files) {
    for (const [code] of text.matchAll(CODE)) {
      if (!found.has(code)) found.set(code, file);
    }
  }
  return found;
}

runIfMain(import.meta.url, check);
