import { mustSetUp } from '../steps/setup.mjs';
import { NODE_VERSIONS } from '../suites/live.mjs';
import { isWindows } from '../support/paths.mjs';

/** `npm run setup` */
export default async function setup() {
  const windows = await mustSetUp({
    native: true,
    library: true,
    tests: true,
    libraries: !isWindows,
    nodes: NODE_VERSIONS,
  });
  await windows.close();
  return 0;
}
