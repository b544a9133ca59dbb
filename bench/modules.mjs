/**
 * Counts the modules that each entry point and each command loads. That is most of the time in which they start.
 * It runs on any system: `node bench/modules.mjs`, with `--json` as one JSON object.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Runs first in each process. At its end it prints what was loaded: of this package by folder, and of others. */
const COUNTER = `import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { relative, sep } from 'node:path';
const root = ${JSON.stringify(ROOT)};
const { cache } = createRequire(root + 'package.json');
process.on('exit', () => {
  const counts = {};
  for (const file of Object.keys(cache)) {
    const [first, second] = relative(root, file).split(sep);
    const name = first === 'dist' ? second : first === 'node_modules' ? 'dependencies' : 'other';
    counts[name] = (counts[name] ?? 0) + 1;
  }
  writeSync(2, '\\n' + JSON.stringify(counts));
});`;

/** The command lines that show what a command loads before it does anything. */
const COMMAND_LINES = [
  ['--version'],
  ['--help'],
  ['explain', '0x80090325'],
  ['ca', 'templates'],
  ...['mail', 'connect', 'cert', 'dev-cert', 'csr', 'doctor'].map((name) => [name, '--help']),
];

function loadedBy(args) {
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
  ...entries.map(([name, target]) => [
    `require('schannel${name.slice(1)}')`,
    loadedBy([...preload, '--eval', `require(${JSON.stringify(target.default)})`]),
  ]),
  ...COMMAND_LINES.map((args) => [
    `schannel ${args.join(' ')}`,
    loadedBy([...preload, bin.schannel, ...args]),
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
