import type { NativeProcesses } from '../../native/process-binding.js';
import { runNow, type Steps } from '../../native/steps.js';

/** Milliseconds that the end of a process may be held up; what is left then is for the next one to sweep. */
const SETTLING = 1000;
const REMOVING = 2000;

/** What is to be removed before the process ends. */
export interface AtExit {
  /** Nothing is there: the process ends without delay. */
  readonly isEmpty: boolean;
  /** Each is tried, whatever became of the others. */
  removals(): readonly Steps<void>[];
}

/**
 * Has things removed when this thread's process ends by itself, by process.exit() or by an exception. It is then too
 * late for the event loop, so it is done while the listener runs.
 */
export function removeAtExit(native: Pick<NativeProcesses, 'finish'>, things: AtExit): void {
  process.once('exit', () => {
    if (things.isEmpty) return;
    native.finish(SETTLING, REMOVING);
    for (const steps of things.removals()) {
      try {
        runNow(steps);
      } catch {
        // Nobody is there to be told.
      }
    }
  });
}
