/**
 * Counts the instructions of the add-on's SSPI core on Linux: instructions.cc, under valgrind. What SSPI itself does is
 * not included.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { findProgram, inRoot } from '../../scripts/support/paths.mjs';
import { execute, mustRun } from '../../scripts/support/process.mjs';
import { FIGURES } from './count.mjs';

const FOLDER = 'build/instructions';
const PROGRAM = `${FOLDER}/instructions`;
const CORE = ['alpn', 'connection', 'credential', 'issuer_list', 'records', 'security_context'];

/** Paths of the program, with how many pieces of work each has. */
const PATHS = [
  { path: 'encrypt 64 records', title: 'encrypt a record of 64 B', pieces: 64 },
  { path: 'decrypt 64 records', title: 'decrypt a record of 64 B', pieces: 64 },
  { path: 'handshake of a client', title: 'handshake of a client, in three steps', pieces: 1 },
];
const TIMES = 100;

/** How much more a path may take before it is reported: the C library of another machine allocates differently. */
export const TOLERANCE = 0.01;

/**
 * @typedef {object} Instructions
 * @property {string} compiler
 * @property {Record<string, number>} counts of one piece, by title
 *
 * @returns {Promise<Instructions | null>} null without valgrind
 */
export async function countInstructions() {
  if (findProgram('valgrind') === null) return null;
  mkdirSync(inRoot(FOLDER), { recursive: true });
  const sources = [...CORE.map((name) => `native/sspi/${name}.cc`), 'bench/cost/instructions.cc'];
  const includes = ['-Itest/double/linux/include', '-Inative', '-idirafter', '/usr/share/mingw-w64/include'];
  // Headers of Windows and macros of this system meet: warnings are those of the Windows build.
  await mustRun('g++', ['-std=c++17', '-O2', '-w', ...includes, ...sources, '-o', PROGRAM], {
    title: 'g++ instructions',
  });
  const { output } = await execute('g++', ['-dumpfullversion']);
  const counts = {};
  for (const { path, title, pieces } of PATHS) {
    const [without, all] = [await collected(path, 0), await collected(path, TIMES)];
    counts[title] = Math.round((all - without) / TIMES / pieces);
  }
  return { compiler: `g++ ${output.trim()}`, counts };
}

async function collected(path, times) {
  const tool = ['--tool=callgrind', '--callgrind-out-file=/dev/null'];
  const { output } = await execute('valgrind', [...tool, inRoot(PROGRAM), path, String(times)]);
  const [, count] = /Collected : (\d+)/.exec(output) ?? [];
  if (count === undefined) throw new Error(`valgrind has counted nothing:\n${output}`);
  return Number(count);
}

/** The recorded ones. @returns {Instructions} */
export const recordedInstructions = () => JSON.parse(readFileSync(FIGURES, 'utf8')).instructions;

/**
 * What has changed by more than the tolerance. Another compiler has other figures, which are not compared.
 * @param {Instructions} recorded @param {Instructions} counted @returns {string[]} one sentence each
 */
export function compareInstructions(recorded, counted) {
  if (recorded.compiler !== counted.compiler) {
    return [`The recorded instructions are those of ${recorded.compiler}, and this is ${counted.compiler}.`];
  }
  return Object.entries(counted.counts).flatMap(([title, now]) => {
    const before = recorded.counts[title] ?? 0;
    if (Math.abs(now - before) <= before * TOLERANCE) return [];
    return [`${title}: ${now} instructions, and ${before} are recorded`];
  });
}

/** @param {Instructions} instructions @returns {string} Markdown */
export const drawInstructions = ({ compiler, counts }) =>
  [
    `| ${compiler} | instructions |`,
    '| --- | --- |',
    ...Object.entries(counts).map(([title, count]) => `| ${title} | ${count.toLocaleString('en-US')} |`),
  ].join('\n');
