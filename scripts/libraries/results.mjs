/** What `npm run libraries` found last, on each version of Node. */
export const RESULTS = 'test/libraries/results.json';

/**
 * @typedef {object} Result what became of one library on one version of Node
 * @property {string} library
 * @property {string} server
 * @property {number} node
 * @property {string} version of the library
 * @property {Record<string, string | null>} register by the form of the certificate: what went wrong, or null
 * @property {Record<string, string | null>} [adapter]
 */

/**
 * The results with those of a new run in place of older ones on the same versions of Node.
 * @param {Result[]} results
 * @param {object[]} outcomes what test/libraries/run.mjs prints, each with `node`
 * @returns {Result[]}
 */
export function merged(results, outcomes) {
  const fresh = new Map();
  for (const { library, server, node, version, way, form, failure } of outcomes) {
    const key = JSON.stringify([library, node]);
    if (!fresh.has(key)) fresh.set(key, { library, server, node, version });
    const result = fresh.get(key);
    result[way] = { ...result[way], [form]: failure };
  }
  const isOld = ({ node }) => ![...fresh.values()].some((each) => each.node === node);
  return [...results.filter(isOld), ...fresh.values()].sort((one, other) => one.node - other.node);
}
