'use strict';

/**
 * Runs test files on the double once for each seed, all in this process, which starts and loads them only once:
 * `node --require test/double/preload.cjs rounds.cjs [--grep TEXT] SEED,SEED FILE...`
 */
const { readFileSync } = require('node:fs');
const { parseArgs } = require('node:util');
const mochaModule = require('mocha');
const { beginRound, mochaHooks } = require('../../test/double/preload.cjs');
const EventReporter = require('./event-reporter.cjs');

// Node 20 has the module's names there, later ones what it exports for require().
const Mocha = mochaModule.default ?? mochaModule;
const { values, positionals } = parseArgs({ allowPositionals: true, options: { grep: { type: 'string' } } });
const [seeds, ...files] = positionals;

const mocha = new Mocha({
  ...JSON.parse(readFileSync('.mocharc.json', 'utf8')),
  ...(values.grep === undefined ? {} : { grep: values.grep }),
  rootHooks: mochaHooks,
});
mocha.cleanReferencesAfterRun(false);
for (const file of files) mocha.addFile(file);

async function main() {
  const left = seeds.split(',').map(Number);
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    beginRound(next);
    mocha.reporter(EventReporter, { seed: next, isLast: left.length === 0 });
    const failures = await new Promise((resolve) => void mocha.run(resolve));
    if (failures > 0) process.exitCode = 1;
  }
}

main();
