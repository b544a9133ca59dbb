import { LONGEST_TIMER_MS, pauseFor, SYSTEM_CLOCK } from '../base/async/clock.js';
import type { Duration } from './arguments.js';

/** Until Ctrl+C is pressed, the process is asked to end, the time of --for is over, or nobody waits any more. */
export function untilEnded(limit: Duration | undefined, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = limit && setTimeout(end, Math.min(limit.milliseconds, LONGEST_TIMER_MS));
    function end(): void {
      clearTimeout(timer);
      process.off('SIGINT', end).off('SIGTERM', end);
      signal?.removeEventListener('abort', end);
      resolve();
    }
    process.on('SIGINT', end).on('SIGTERM', end);
    signal?.addEventListener('abort', end, { once: true });
  });
}

/** Until the promise is settled, or the time of --for is over. */
export async function untilTime(limit: Duration, ended: Promise<void>): Promise<void> {
  const pause = pauseFor(SYSTEM_CLOCK, Math.min(limit.milliseconds, LONGEST_TIMER_MS));
  await Promise.race([pause.over, ended]);
  pause.end();
}
