import { Progress } from '../support/progress.mjs';
import { installModules } from './modules.mjs';
import { compileLibrary, compileTests } from './typescript.mjs';

/**
 * Brings what a command needs, as much as possible at the same time.
 * @param {{ library?: boolean, tests?: boolean }} wanted
 */
export async function setUp(wanted, progress = new Progress()) {
  await progress.track('npm ci', installModules);
  // tsc writes its output in spite of errors, so the second compilation tells the rest of what is wrong.
  const library = wanted.library ? progress.track('compile lib', compileLibrary) : null;
  const tests = wanted.tests ? Promise.allSettled([library]).then(() => progress.track('compile tests', compileTests)) : null;
  await allOrFirstError([library, tests]);
}

/** Waits for all, since a package manager must not be cut off in the middle, then throws the first error. */
async function allOrFirstError(promises) {
  const results = await Promise.allSettled(promises);
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}
