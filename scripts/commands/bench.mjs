import {
  compareInstructions,
  countInstructions,
  drawInstructions,
  recordedInstructions,
} from '../../bench/cost/instructions.mjs';
import { recordInstructions } from '../../bench/cost/record.mjs';
import { startPeerHost } from '../peers/host.mjs';
import { mustSetUp } from '../steps/setup.mjs';
import { NODE_VERSIONS } from '../suites/live.mjs';
import { inRoot, isWindows } from '../support/paths.mjs';
import { passThrough } from '../support/pass-through.mjs';

/** `npm run bench -- <options>` */
export default async function bench(args) {
  const [version] = NODE_VERSIONS;
  // The tests have what starts programs beside Windows' node.
  const windows = await mustSetUp({ native: true, library: true, tests: !isWindows, nodes: [version] });
  const peers = isWindows ? null : await startPeerHost();
  const env = { ...process.env, ...(peers !== null && { SCHANNEL_PEERS: peers.address }) };
  const code = await passThrough(windows, windows.node(version), [inRoot('bench/run.mjs'), ...args], { env });
  await peers?.close();
  const isText = !args.includes('--json');
  if (code === 0 && !isWindows && isText && args.includes('cost'))
    await instructions(args.includes('--write'));
  return code;
}

/** What Windows' node can't count: it prints it, and what has changed. */
async function instructions(writes) {
  const counted = await countInstructions();
  if (counted === null) {
    console.log(
      '\nInstructions are counted by valgrind, which is not installed: sudo apt-get install valgrind',
    );
    return;
  }
  console.log(`\n${drawInstructions(counted)}`);
  if (writes) recordInstructions(counted);
  else for (const line of compareInstructions(recordedInstructions(), counted)) console.log(line);
}
