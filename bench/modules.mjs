/**
 * Counts the modules that each entry point and each command loads. That is most of the time in which they start.
 * It runs on any system: `node bench/modules.mjs`, with `--json` as one JSON object.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);

/** The modules of this package by folder, and others. */
function countsOf(files) {
  const counts = {};
  for (const file of files) {
    const [first, second] = relative(ROOT, file).split(sep);
    const name = first === 'dist' ? second : first === 'node_modules' ? 'dependencies' : 'other';
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Runs first in the process of a command. At its end it prints what was loaded. */
const COUNTER = `import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { relative, sep } from 'node:path';
const ROOT = ${JSON.stringify(ROOT)};
const { cache } = createRequire(ROOT + 'package.json');
${countsOf}
process.on('exit', () => writeSync(2, '\\n' + JSON.stringify(countsOf(Object.keys(cache)))));`;

/** The command lines that show what a command loads before it does anything. */
const COMMAND_LINES = [
  ['--version'],
  ['--help'],
  ['explain', '0x80090325'],
  ['ca', 'templates'],
  ...['mail', 'connect', 'cert', 'dev-cert', 'csr', 'doctor'].map((name) => [name, '--help']),
];

/** What an entry point loads if nothing is loaded before it. */
function loadedByEntry(target) {
  for (const file of Object.keys(require.cache)) delete require.cache[file];
  require(join(ROOT, target));
  return countsOf(Object.keys(require.cache));
}

function loadedByCommand(args) {
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  const counts = stderr.split('\n').at(-1);
  if (status !== 0 || !counts.startsWith('{')) throw new Error(`node ${args.join(' ')}: ${stderr}`);
  return JSON.parse(counts);
}

const preload = ['--import', `data:text/javascript,${encodeURIComponent(COUNTER)}`];

const { exports, bin } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
// schannel/register only loads on Windows.
const entries = Object.entries(exports).filter(
  ([name, target]) => typeof target === 'object' && name !== './register',
);
const results = Object.fromEntries([
  ...entries.map(([name, target]) => [`require('schannel${name.slice(1)}')`, loadedByEntry(target.default)]),
  ...COMMAND_LINES.map((args) => [
    `schannel ${args.join(' ')}`,
    loadedByCommand([...preload, bin.schannel, ...args]),
  ]),
]);

const sum = (counts) => Object.values(counts).reduce((total, count) => total + count, 0);

if (process.argv.includes('--json')) {
  console.log(JSON.stringify(results));
} else {
  console.log('| | modules | of this package |\n|---|---|---|');
  for (const [name, counts] of Object.entries(results)) {
    const { dependencies = 0 } = counts;
    console.log(`| \`${name}\` | ${sum(counts)} | ${sum(counts) - dependencies} |`);
  }
}
