import type { Check, CheckContext, CheckReport, Finding } from './check.js';
import { notTried } from './check.js';
import { failureOf } from './failure.js';

/** Milliseconds. */
export interface CheckLimits {
  /** For one check: a TPM is slow to create keys, and a notification may never come. */
  readonly limit: number;
  /** For a check that was given up to end, before what it created is removed. */
  readonly grace: number;
}

export interface RunOptions extends Partial<CheckLimits> {
  /** Whether checks may create keys and certificates. */
  readonly write: boolean;
}

const LIMIT_MS = 120_000;
const GRACE_MS = 5000;

/** Runs one check. Never throws: a failure is its result. */
export async function runCheck(
  check: Check,
  context: CheckContext,
  options: RunOptions,
): Promise<CheckReport> {
  const started = performance.now();
  const finding = await findingOf(check, context, options);
  const { id, title } = check;
  return { id, title, ...finding, milliseconds: Math.round(performance.now() - started) };
}

async function findingOf(
  check: Check,
  context: CheckContext,
  { write, limit = LIMIT_MS, grace = GRACE_MS }: RunOptions,
): Promise<Finding> {
  const isGivenUp = (): boolean => context.signal.aborted;
  if (isGivenUp()) return notTried('It was given up before.');
  if (check.writes && !write) return notTried('It makes keys or certificates for a while: use --write.');
  const late = new AbortController();
  const signal = AbortSignal.any([context.signal, late.signal]);
  const timer = setTimeout(() => {
    late.abort(new Error(`It did not end within ${limit / 1000} s`));
  }, limit);
  const stopped = rejectedBy(signal);
  stopped.catch(() => undefined);
  const running = check.run({ ...context, signal });
  try {
    return await Promise.race([running, stopped]);
  } catch (error) {
    // In Wine 10, a key that is deleted while it is open comes back.
    if (signal.aborted) await settledWithin(running, grace);
    if (isGivenUp()) return notTried('It was given up while it ran.');
    return failureOf(error, check.vital);
  } finally {
    clearTimeout(timer);
  }
}

async function settledWithin(running: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([running.catch(() => undefined), late]);
  clearTimeout(timer);
}

const rejectedBy = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        reject(signal.reason instanceof Error ? signal.reason : new Error('given up'));
      },
      { once: true },
    );
  });
