/**
 * Skips the running test (or, in a `before` hook, every test of its suite) and says why. A test that is skipped
 * without a reason counts as failed.
 */
export function skip(context: Mocha.Context, reason: string): never {
  const runnable = context.test;
  if (runnable === undefined) throw new Error('skip() is for a running test or hook');
  const isHook = 'type' in runnable && runnable.type === 'hook';
  const holder = isHook ? runnable.parent : runnable;
  Object.assign(holder ?? runnable, { skipReason: reason });
  return context.skip();
}
