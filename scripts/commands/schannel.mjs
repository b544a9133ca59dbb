import { mustSetUp } from '../steps/setup.mjs';
import { NODE_VERSIONS } from '../suites/live.mjs';
import { inRoot } from '../support/paths.mjs';
import { passThrough } from '../support/pass-through.mjs';

/** `npm run schannel -- <arguments>`: the command line on Windows node, as if it ran natively. */
export default async function schannel(args) {
  const [version] = NODE_VERSIONS;
  const windows = await mustSetUp({ native: true, library: true, nodes: [version] });
  // npm changes to the root of the package; a relative path means the folder the person is in.
  const cwd = process.env.INIT_CWD ?? process.cwd();
  return passThrough(windows, windows.node(version), [inRoot('dist/cli/main.js'), ...args], { cwd });
}
