import assert from 'node:assert/strict';
import type { SubmitSystem } from '#lib/apps/enrol/submit-request.js';

/** A system in which nothing is expected but what a test gives. Its clock only moves in pauses. */
export function submitSystem(
  parts: Partial<SubmitSystem>,
): SubmitSystem & { readonly pauses: readonly number[] } {
  const pauses: number[] = [];
  let now = 0;
  return {
    exchange: () => assert.fail('no network was expected'),
    runCertreq: () => assert.fail('certreq.exe was not expected'),
    now: () => now,
    pause: (milliseconds) => {
      pauses.push(milliseconds);
      now += milliseconds;
      return Promise.resolve();
    },
    ...parts,
    pauses,
  };
}
