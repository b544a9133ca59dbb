import type { Callback } from '../../native/binding.js';
import { failureOf, type NativeOperation } from '../../native/promises.js';
import type { NativeEnd, NativeOutcome } from '../../native/store-binding.js';

/**
 * A sequence of native calls that is written once and runs in two ways: on the event loop, or synchronously while the
 * process exits. The event loop has stopped by then, and no promise settles any more.
 */
export type Procedure<Result> = Generator<PendingCall, Result, void>;

/** Starts a native call, and calls `done` when it has ended. */
export type PendingCall = (done: () => void) => void;

/** The value of a native call. @throws SchannelError */
export function* nativeCall<Value>(
  operation: NativeOperation,
  start: (callback: Callback<NativeOutcome<Value>>) => void,
): Procedure<Value> {
  const answers: NativeOutcome<Value>[] = [];
  yield (done) => {
    start((outcome) => {
      answers.push(outcome);
      done();
    });
  };
  for (const answer of answers) {
    if ('status' in answer) throw failureOf(operation, answer);
    return answer.value;
  }
  throw new Error('the procedure was resumed before its call had ended');
}

/** The end of a native call that has no value. @throws SchannelError */
export function* nativeCallVoid(
  operation: NativeOperation,
  start: (callback: Callback<NativeEnd>) => void,
): Procedure<void> {
  const ends: NativeEnd[] = [];
  yield (done) => {
    start((end) => {
      ends.push(end);
      done();
    });
  };
  for (const end of ends) if (end.status !== 0) throw failureOf(operation, end);
}

/** Runs a procedure on the event loop. */
export async function runProcedure<Result>(procedure: Procedure<Result>): Promise<Result> {
  let turn = procedure.next();
  while (turn.done !== true) {
    const call = turn.value;
    try {
      await new Promise<void>((resolve) => {
        call(resolve);
      });
    } catch (thrown) {
      turn = procedure.throw(thrown);
      continue;
    }
    turn = procedure.next();
  }
  return turn.value;
}

/**
 * Runs a procedure before it returns. This only works after {@link NativeProcesses.finish}, which makes calls answer
 * before they return.
 * @throws Error if a call takes too long; the procedure gets the same error first, and cleans up as far as it can
 */
export function runProcedureSync<Result>(procedure: Procedure<Result>): Result {
  let turn = procedure.next();
  while (turn.done !== true) {
    const state = { isDone: false };
    try {
      turn.value(() => {
        state.isDone = true;
      });
      if (!state.isDone) throw new Error('Windows took too long while the process was exiting');
    } catch (thrown) {
      turn = procedure.throw(thrown);
      continue;
    }
    turn = procedure.next();
  }
  return turn.value;
}
