import { mustSetUp } from '../steps/setup.mjs';
import { NODE_VERSIONS } from '../suites/live.mjs';
import { ROOT } from '../support/paths.mjs';
import { Progress } from '../support/progress.mjs';

/** `npm run demo` */
export default async function demo() {
  const [version] = NODE_VERSIONS;
  const progress = new Progress();
  const windows = await mustSetUp({ native: true, library: true, nodes: [version] }, progress);
  const module = await import('../demo.mjs');
  const report = (step, fraction, detail) =>
    progress.note([step, detail].filter(Boolean).join(' '), fraction);
  try {
    return (await module.demo({ rig: windows.rig, node: windows.node(version), report, repo: ROOT })) ?? 0;
  } finally {
    await windows.close();
  }
}
