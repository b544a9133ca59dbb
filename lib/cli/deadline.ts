import { SchannelError } from '../base/errors/schannel-error.js';

/** The limit of --timeout for all that a command does. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** The error itself, or ETIMEDOUT if the limit caused it. */
  explain(error: unknown): unknown;
}

export function deadlineAfter(seconds: number, what: string): Deadline {
  const signal = AbortSignal.timeout(seconds * 1000);
  return {
    signal,
    explain: (error) =>
      signal.aborted
        ? new SchannelError('ETIMEDOUT', `${what} took longer than ${seconds} s`, {
            phase: 'connect',
            advice: 'Check the host and the port, or allow more time with --timeout.',
            cause: error,
          })
        : error,
  };
}
