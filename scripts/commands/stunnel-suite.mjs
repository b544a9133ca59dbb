import os from 'node:os';
import path from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';
import { mustSetUp } from '../steps/setup.mjs';
import { CASES } from '../stunnel-suite/cases.mjs';
import { surprises } from '../stunnel-suite/results.mjs';
import { makeCertificates, runPlugin } from '../stunnel-suite/run-plugin.mjs';
import { ensureStunnelTests, listPlugins } from '../stunnel-suite/sources.mjs';
import { NODE_VERSIONS } from '../suites/live.mjs';
import { findProgram, inRoot, isWindows } from '../support/paths.mjs';
import { Progress } from '../support/progress.mjs';
import { Refusal } from '../support/refusal.mjs';
import { sideBySide } from '../support/side-by-side.mjs';
import { suiteOptions } from '../support/suite-options.mjs';

const USAGE = `usage: npm run stunnel-suite -- [options]

  --grep TEXT    only plug-ins of the suite whose name matches, such as redirect
  --tests DIR    the folder "tests" of other sources of stunnel, in place of Debian's source package
  --stunnel      with Debian's stunnel itself, to see which cases pass at all
  --jobs N       plug-ins at the same time (2)
  --verbose      what the programs wrote in cases that did not pass, also where it is expected
`;

/** Where responders begin, which some cases need. */
const FIRST_PORT = 19_254;

/**
 * `npm run stunnel-suite`: stunnel's own tests, with `schannel tunnel` in its place. The result of each case is
 * compared with scripts/stunnel-suite/cases.mjs; the exit code says whether that list is right.
 */
export default async function stunnelSuite(args) {
  const options = suiteOptions(args, { usage: USAGE, switches: ['stunnel'] });
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  if (isWindows) throw new Refusal("stunnel's tests run on Linux only.");
  if (findProgram('python3') === null)
    throw new Refusal("stunnel's tests are written in Python.", 'apt-get install python3');
  const begun = Date.now();
  const progress = new Progress();
  const [node] = NODE_VERSIONS;
  const windows = await mustSetUp({ native: true, library: true, nodes: [node] }, progress);
  // With its listeners at the end, which end what was started.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  const work = await mkdtemp(path.join(os.tmpdir(), 'schannel-stunnel-suite-'));
  try {
    const tests =
      options.tests ?? (await progress.track("stunnel's tests", (report) => ensureStunnelTests(report)));
    const plugins = listPlugins(tests).filter((name) => options.grep?.test(name) ?? true);
    if (plugins.length === 0) throw new Refusal('No plug-in matches.');
    const certificates = path.join(work, 'certs');
    await progress.track('certificates', () => makeCertificates(tests, certificates));
    const prefix = options.stunnel ? undefined : await windows.clonePrefix('stunnel-suite');
    const program = [process.execPath, inRoot('scripts/stunnel-suite/program.mjs')];
    const env = {
      ...process.env,
      SCHANNEL_SUITE_NODE: windows.versions[0],
      SCHANNEL_SUITE_PREFIX: prefix,
      ...(options.stunnel && { SCHANNEL_SUITE_STUNNEL: 'stunnel4' }),
    };
    const outcomes = new Map();
    const slots = Array.from({ length: options.jobs }, (_, slot) => FIRST_PORT + slot);
    await sideBySide(plugins, options.jobs, async (plugin) => {
      const port = slots.pop();
      const outcome = await runPlugin(plugin, { tests, certificates, program, port, env });
      slots.push(port);
      outcomes.set(plugin, outcome);
      for (const { id, title, verdict } of outcome.results)
        process.stderr.write(`${id} ${verdict} ${title}\n`);
    });
    return conclude(
      plugins.map((plugin) => [plugin, outcomes.get(plugin)]),
      options,
      Date.now() - begun,
    );
  } finally {
    await rm(work, { recursive: true, force: true });
    await windows.close();
  }
}

function conclude(outcomes, { verbose, stunnel }, milliseconds) {
  const results = outcomes.flatMap(([, outcome]) => outcome.results);
  for (const { id, title, verdict, detail } of results) {
    if (verdict === 'passed') continue;
    const known = stunnel ? undefined : CASES[id];
    console.log(`${id} ${verdict}: ${known?.verdict === verdict ? known.why : title}`);
    if (verbose || (!stunnel && known?.verdict !== verdict))
      for (const line of detail) console.log(`    ${line}`);
  }
  const troubles = outcomes.flatMap(([plugin, { trouble }]) =>
    trouble === null ? [] : [`${plugin}: ${trouble}`],
  );
  for (const trouble of troubles) console.log(trouble);
  const count = (verdict) => results.filter((result) => result.verdict === verdict).length;
  const counts = ['passed', 'failed', 'skipped', 'stuck'].map((verdict) => `${count(verdict)} ${verdict}`);
  console.log(
    `${results.length} cases of stunnel's: ${counts.join(', ')}, in ${Math.round(milliseconds / 1000)} s`,
  );
  // The list is about this library.
  const differing = stunnel ? [] : surprises(results, CASES);
  if (differing.length > 0)
    console.log(`scripts/stunnel-suite/cases.mjs says otherwise:\n  ${differing.join('\n  ')}`);
  return troubles.length === 0 && differing.length === 0 ? 0 : 1;
}
