/**
 * Skips the running test (or, in a `before` hook, every test of its suite) and says why. A test that is skipped
 * without a reason counts as failed.
 */
export function skip(context: Mocha.Context, reason: string): never {
  const runnable: Mocha.Runnable | undefined = context.test;
  const holder = runnable?.type === 'hook' ? (context.currentTest ?? runnable.parent) : runnable;
  Object.assign(holder ?? {}, { skipReason: reason });
  return context.skip();
}
