import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const PROGRAM = file('./program.mjs');
const PRELOAD = file('../../test/double/preload.cjs');
const DOUBLE = file('../../build/double/schannel.node');

/** Where the costs are checked in, with the version of Node that they were counted on. */
export const FIGURES = file('../cost-figures.json');

/** V8 makes all objects that the code says, and collects them only when asked to. */
const HEAP = ['--expose-gc', '--no-opt', '--no-sparkplug', '--max-semi-space-size=64'];

/** The variable that has the certificate and the key of the peers. */
export const IDENTITY = 'SCHANNEL_COST_IDENTITY';

/** @typedef {Record<string, import('./counters.mjs').Counts>} Costs by the name of the path */

/**
 * Counts all paths in a separate process, on the double with every answer fixed.
 *
 * @returns {Promise<Costs>}
 * @throws {Error} if there is no double
 */
export async function countCosts() {
  if (!existsSync(DOUBLE)) {
    throw new Error('Costs are counted on the double of Windows, which is only built on Linux.');
  }
  const { createIdentity } = await import('../identity.mjs');
  const env = {
    ...process.env,
    SCHANNEL_DOUBLE_PROFILE: '2022',
    SCHANNEL_DOUBLE_SEED: '0',
    SCHANNEL_DOUBLE_DELAY: '0',
    SCHANNEL_DOUBLE_FIX: '',
    SCHANNEL_DOUBLE_GUARD: '',
    // Made here, since the tests have loaded already what that needs.
    [IDENTITY]: JSON.stringify(await createIdentity()),
  };
  const args = [...HEAP, '--require', PRELOAD, PROGRAM];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return JSON.parse(stdout);
}
