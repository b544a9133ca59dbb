import { PROCESSORS } from '../steps/clang-msvc.mjs';
import { setUp } from '../steps/setup.mjs';
import { runLint } from '../suites/lint.mjs';
import { Tally } from '../suites/tally.mjs';

/** `npm run lint` */
export default async function lint() {
  const tally = new Tally('lint', { verbose: true });
  // The types of the tests come from the compiled library.
  const { failures } = await setUp({ library: true, tests: true });
  for (const failure of failures) tally.fail('compile', failure.message);
  await runLint({ tally, processors: PROCESSORS });
  tally.finish();
  return tally.failed === 0 ? 0 : 1;
}
