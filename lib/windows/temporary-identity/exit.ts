import type { NativeProcesses } from '../../native/process-binding.js';
import { runProcedureSync, type Procedure } from './procedure.js';

/** How long the exit of a process may be delayed. The next process sweeps what is left then. */
const SETTLING_MS = 1000;
const REMOVING_MS = 2000;

/** Things that must be removed before the process exits. */
export interface AtExit {
  /** There is nothing to remove: the process exits without delay. */
  readonly isEmpty: boolean;
  /** Each runs even if another one fails. */
  removals(): readonly Procedure<void>[];
}

/**
 * Removes things when this thread's process exits by itself, by process.exit() or by an exception. The event loop has
 * stopped by then, so the listener does all of it synchronously.
 */
export function removeAtExit(native: Pick<NativeProcesses, 'finish'>, things: AtExit): void {
  process.once('exit', () => {
    if (things.isEmpty) return;
    native.finish(SETTLING_MS, REMOVING_MS);
    for (const procedure of things.removals()) {
      try {
        runProcedureSync(procedure);
      } catch {
        // There is no one left to report it to.
      }
    }
  });
}
