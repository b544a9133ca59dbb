import type { Callback } from './binding.js';
import { failureOf, type NativeOperation } from './promises.js';
import type { NativeEnd, NativeOutcome } from './store-binding.js';

/**
 * Sequences of native calls that are written once and run in two ways: on the event loop, or at the end of the process,
 * when there is none any more and no promise goes on.
 */

/** Begins a call; `done` is called at its end. */
export type Step = (done: () => void) => void;

export type Steps<Result> = Generator<Step, Result, void>;

/** The value of a native call. @throws SchannelError */
export function* outcomeStep<Value>(
  operation: NativeOperation,
  start: (callback: Callback<NativeOutcome<Value>>) => void,
): Steps<Value> {
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
  throw new Error('a step went on before its call was over');
}

/** The end of a native call that has no value. @throws SchannelError */
export function* endStep(
  operation: NativeOperation,
  start: (callback: Callback<NativeEnd>) => void,
): Steps<void> {
  const ends: NativeEnd[] = [];
  yield (done) => {
    start((end) => {
      ends.push(end);
      done();
    });
  };
  for (const end of ends) if (end.status !== 0) throw failureOf(operation, end);
}

/** Runs the steps on the event loop. */
export async function run<Result>(steps: Steps<Result>): Promise<Result> {
  let turn = steps.next();
  while (turn.done !== true) {
    const step = turn.value;
    try {
      await new Promise<void>((resolve) => {
        step(resolve);
      });
    } catch (thrown) {
      turn = steps.throw(thrown);
      continue;
    }
    turn = steps.next();
  }
  return turn.value;
}

/**
 * Runs the steps before it returns: after {@link NativeProcesses.finish} alone.
 * @throws Error when the time is over; the steps were told, and have given up what they could
 */
export function runNow<Result>(steps: Steps<Result>): Result {
  let turn = steps.next();
  while (turn.done !== true) {
    const call = { isDone: false };
    try {
      turn.value(() => {
        call.isDone = true;
      });
      if (!call.isDone) throw new Error('Windows took too long at the end of the process');
    } catch (thrown) {
      turn = steps.throw(thrown);
      continue;
    }
    turn = steps.next();
  }
  return turn.value;
}
