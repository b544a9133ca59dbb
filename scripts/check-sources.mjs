/**
 * binding.gyp holds the one list of native sources, which CMake reads too. So it must be strict JSON, and name
 * every source exactly once.
 */
import { readFileSync } from 'node:fs';
import { runIfMain } from './support/check.mjs';
import { listFiles } from './support/fingerprint.mjs';
import { inRoot } from './support/paths.mjs';

const LIST = 'binding.gyp';

/** @returns {string[]} */
export function check() {
  const present = listFiles(['native'], /\.(cc|rc)$/);
  return compare(readFileSync(inRoot(LIST), 'utf8'), present);
}

/**
 * @param {string} text of binding.gyp
 * @param {string[]} present the sources there are
 * @returns {string[]}
 */
export function compare(text, present) {
  let gyp;
  try {
    gyp = JSON.parse(text);
  } catch (error) {
    return [`${LIST} is not strict JSON, so CMake can't read it: ${error.message}`];
  }
  const listed = gyp.targets.flatMap((target) => target.sources ?? []);
  return [
    ...present.filter((file) => !listed.includes(file)).map((file) => `${LIST} does not list ${file}`),
    ...listed.filter((file, at) => listed.indexOf(file) !== at).map((file) => `${LIST} lists ${file} twice`),
    ...listed
      .filter((file) => !present.includes(file))
      .map((file) => `${LIST} lists ${file}, which does not exist`),
    ...pythonOnly(gyp).map(
      (where) => `${LIST}: ${where} is true, false or null, which gyp (Python) can't read`,
    ),
  ];
}

/** gyp evaluates the file as Python, where JSON's three bare words mean nothing. */
function pythonOnly(value, where = '') {
  if (value === null || typeof value === 'boolean') return [where];
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    pythonOnly(inner, where === '' ? key : `${where}.${key}`),
  );
}

runIfMain(import.meta.url, check);
