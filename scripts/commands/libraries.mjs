import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { tableOf } from '../draw-libraries.mjs';
import { RESULTS, merged } from '../libraries/results.mjs';
import { NODE_VERSIONS } from '../suites/live.mjs';
import { inRoot, isWindows } from '../support/paths.mjs';
import { Refusal } from '../support/refusal.mjs';
import test from './test.mjs';

const USAGE = `usage: npm run libraries -- [options]

  --node MAJOR   on this Windows node (${NODE_VERSIONS.join(', ')}); may be repeated. Default: all of them
`;

/**
 * `npm run libraries`: each library of test/libraries by schannel/register and by its adapter, with a certificate as
 * PEM, as PFX and in the store. Writes test/libraries/results.json, from which scripts/draw-libraries.mjs draws a
 * table.
 */
export default async function libraries(args) {
  const { node = NODE_VERSIONS, help } = parse(args);
  if (help) {
    console.log(USAGE);
    return 0;
  }
  if (isWindows) throw new Refusal('Its servers run on Linux only.');
  const folder = await mkdtemp(path.join(os.tmpdir(), 'schannel-libraries-'));
  try {
    const file = path.join(folder, 'outcomes');
    writeFileSync(file, '');
    // Windows' node writes to it.
    process.env['SCHANNEL_LIBRARIES'] = `Z:${file}`;
    const versions = node.flatMap((version) => ['--node', version]);
    const code = await test(['--suite', 'live', ...versions, 'test/live/libraries/libraries.test.ts']);
    const outcomes = readFileSync(file, 'utf8').split('\n').filter(Boolean).map(JSON.parse);
    const results = merged(JSON.parse(readFileSync(inRoot(RESULTS), 'utf8')), outcomes);
    writeFileSync(inRoot(RESULTS), `${JSON.stringify(results, null, 2)}\n`);
    console.log(tableOf(results));
    return code;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function parse(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        node: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    throw new Refusal(`${error.message}\n\n${USAGE}`);
  }
}
