/**
 * @typedef {object} CaseResult
 * @property {string} id '011'
 * @property {string} title
 * @property {'passed' | 'failed' | 'skipped' | 'stuck'} verdict 'stuck': it had not ended when the run was ended
 * @property {string[]} detail what was printed about it
 */

const CASE = /^(\d{3})\. (.+)$/;
const VERDICT = /^\.{70} (\w+)$/;
const VERDICTS = { succeeded: 'passed', failed: 'failed', skipped: 'skipped' };

/**
 * Reads what maketest.py prints: a line for each case, lines that it may add, and a line of dots with the result.
 * @param {string} printed
 * @returns {CaseResult[]} in the order of the cases
 */
export function readResults(printed) {
  const results = [];
  for (const line of printed.split(/\r?\n/)) {
    const [, id, title] = CASE.exec(line) ?? [];
    const [, word] = VERDICT.exec(line) ?? [];
    const current = results.at(-1);
    if (id !== undefined) results.push({ id, title, verdict: 'stuck', detail: [] });
    else if (current?.verdict !== 'stuck' || line === '') continue;
    else if (word !== undefined) current.verdict = VERDICTS[word] ?? 'failed';
    else current.detail.push(line);
  }
  return results;
}

/**
 * The lines that the programs under test have written, from results.log.
 * @param {string} log
 * @returns {Map<string, string[]>} by the numbers of the cases
 */
export function readProgramLines(log) {
  const lines = new Map();
  let current = null;
  for (const line of log.split(/\r?\n/)) {
    const [, id] = /\[test_stunnel\] \*+ Start '(\d{3})\. /.exec(line) ?? [];
    if (id !== undefined) lines.set(id, (current = []));
    const [, service, text] = /^INFO: [^[]*\[(\w+)\] Read (.*)$/.exec(line) ?? [];
    if (service !== undefined) current?.push(`[${service}] ${text}`);
    const [, warning] = /^(?:WARNING|CRITICAL): [^[]*(\[.*)$/.exec(line) ?? [];
    if (warning !== undefined && id === undefined) current?.push(warning);
  }
  return lines;
}

/**
 * What differs from what is expected.
 * @param {readonly CaseResult[]} results
 * @param {Record<string, { verdict: string }>} expected by the number of the case
 * @returns {string[]} a sentence for each
 */
export function surprises(results, expected) {
  return results.flatMap(({ id, title, verdict }) => {
    const wanted = expected[id]?.verdict;
    if (wanted === verdict) return [];
    return [`${id} (${title}) ${wanted === undefined ? 'is not known' : `was ${wanted}`}, and is ${verdict}`];
  });
}
