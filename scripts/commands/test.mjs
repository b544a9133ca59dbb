import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startPeerHost } from '../peers/host.mjs';
import { setUp } from '../steps/setup.mjs';
import { Tally } from '../suites/tally.mjs';
import { runUnit } from '../suites/unit.mjs';
import { inRoot } from '../support/paths.mjs';
import { StepFailure } from '../support/refusal.mjs';

/** `npm test` */
export default async function test(args) {
  const { values } = parseArgs({
    args,
    options: {
      suite: { type: 'string', multiple: true },
      grep: { type: 'string' },
      verbose: { type: 'boolean' },
    },
  });
  const build = new Tally('build', values);
  await setUp({ library: true, tests: true }).catch((error) => {
    if (!(error instanceof StepFailure)) throw error;
    build.fail('compile', error.message);
  });
  const tally = new Tally('unit', values);
  const peers = await startPeerHost();
  await runUnit(testFiles('unit'), { tally, grep: values.grep, env: { SCHANNEL_PEERS: peers.address } });
  await peers.close();
  tally.finish();
  console.log(`${tally.passed} passed, ${tally.failed + build.failed} failed, ${tally.skipped} skipped`);
  return tally.failed + build.failed === 0 ? 0 : 1;
}

function testFiles(folder) {
  const root = inRoot('dist-test', folder);
  if (!existsSync(root)) return [];
  const names = readdirSync(root, { recursive: true }).filter((name) => name.endsWith('.test.js'));
  return names.map((name) => path.posix.join('dist-test', folder, name.replaceAll('\\', '/'))).sort();
}
