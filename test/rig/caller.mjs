// Starts the script given as second argument in the node given as first, and is then killed by a test.
import { ensureRig } from '../../scripts/rig/index.mjs';

const [node, script] = process.argv.slice(2);
const rig = await ensureRig();
await rig.spawn(node, ['-e', script], { stdout: 'inherit' }).finished;
