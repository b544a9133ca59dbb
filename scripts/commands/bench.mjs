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
  return code;
}
