import type { Check, CheckContext, CheckReport, Finding } from './check.js';
import { notTried } from './check.js';
import { failureOf } from './failure.js';

/** Milliseconds that one check may take: some of them wait for LSASS, or for a notification that does not come. */
const LIMIT = 60_000;

export interface RunOptions {
  /** Whether checks may make keys and certificates. */
  readonly write: boolean;
  /** Milliseconds; see {@link LIMIT}. */
  readonly limit?: number;
}

/** Runs one check. Never fails: what goes wrong is its result. */
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
  { write, limit = LIMIT }: RunOptions,
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
  try {
    return await Promise.race([check.run({ ...context, signal }), stopped]);
  } catch (error) {
    if (isGivenUp()) return notTried('It was given up while it ran.');
    return failureOf(error, check.vital);
  } finally {
    clearTimeout(timer);
    // Whatever a check that came too late still waits for is told as well.
    late.abort();
  }
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
