#!/usr/bin/env node
/**
 * Compares a report of `schannel doctor --write --json` from a real Windows with what the documentation assumes
 * (scripts/doctor-expected.json), and names the rows of docs/windows-proof.md that a difference changes.
 *
 *   node scripts/compare-doctor.mjs report.json
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inRoot } from './support/paths.mjs';

const PAGE = 'docs/windows-proof.md';

/**
 * @param {{ format: string, write: boolean, checks: { id: string, verdict: string, text: string }[] }} report
 * @param {{ verdicts: Record<string, string[]>, answers: Record<string, string> }} expected `*` at the end of a name
 *   stands for the rest; the first one that fits counts. Answers to open questions are compared where one is known
 * @param {string} page the text of docs/windows-proof.md
 * @returns {{ differences: string[], news: string[] }}
 */
export function compare(report, { verdicts, answers }, page) {
  if (report.format !== 'schannel-doctor/1' || !report.write)
    return { differences: ['This is no report of schannel doctor --write --json.'], news: [] };
  const differences = [];
  const news = [];
  for (const { id, verdict, text } of report.checks) {
    const wanted = expectationOf(verdicts, id);
    const said = `${id} is ${JSON.stringify(verdict)}: ${text}`;
    if (wanted === undefined) differences.push(`${said}\n  Nothing is expected of it.`);
    else if (!wanted.includes(verdict))
      differences.push(`${said}\n  Expected: ${wanted.join(' or ')}.${rowsOf(page, id)}`);
    else if (id in answers && answers[id] !== text)
      differences.push(`${said}\n  The known answer is: ${answers[id]}${rowsOf(page, id)}`);
    else if (id.startsWith('question.') && verdict !== 'not tried' && !(id in answers))
      news.push(`${said}\n  An answer to an open question.${rowsOf(page, id)}`);
  }
  return { differences, news };
}

/**
 * The verdicts of a check that are expected; undefined if none is.
 * @param {Record<string, string[]>} verdicts
 * @param {string} id
 */
export function expectationOf(verdicts, id) {
  const name = Object.keys(verdicts).find((each) =>
    each.endsWith('*') ? id.startsWith(each.slice(0, -1)) : each === id,
  );
  return name === undefined ? undefined : verdicts[name];
}

const rowsOf = (page, id) =>
  page
    .split('\n')
    .filter((line) => line.startsWith('|') && line.includes(`\`${id}\``))
    .map((line) => `\n  ${PAGE}: ${line}`)
    .join('');

if (fileURLToPath(import.meta.url) === process.argv[1]) {
  const [file] = process.argv.slice(2);
  if (file === undefined) {
    console.error('usage: node scripts/compare-doctor.mjs report.json');
    process.exit(2);
  }
  const json = (path) => JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
  const page = readFileSync(inRoot(PAGE), 'utf8');
  const { differences, news } = compare(json(file), json(inRoot('scripts/doctor-expected.json')), page);
  for (const line of [...news, ...differences]) console.log(line);
  console.log(`${differences.length} differences, ${news.length} answers`);
  process.exitCode = differences.length === 0 ? 0 : 1;
}
