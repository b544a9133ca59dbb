import { mustSetUp } from '../steps/setup.mjs';
import { NODE_VERSIONS } from '../suites/live.mjs';
import { inRoot } from '../support/paths.mjs';
import { passThrough } from '../support/pass-through.mjs';

/** `npm run bench -- <options>` */
export default async function bench(args) {
  const [version] = NODE_VERSIONS;
  const windows = await mustSetUp({ native: true, library: true, nodes: [version] });
  return passThrough(windows, windows.node(version), [inRoot('bench/run.mjs'), ...args]);
}
