import { SchannelError } from '../base/errors/schannel-error.js';

/** The limit of --timeout for everything a command does. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** An error as it came, or, when the limit is behind it, one that says so. */
  explain(error: unknown): unknown;
}

export function deadlineAfter(seconds: number, what: string): Deadline {
  const signal = AbortSignal.timeout(seconds * 1000);
  return {
    signal,
    explain: (error) =>
      signal.aborted
        ? new SchannelError('ETIMEDOUT', `${what} was not done within ${seconds} s`, {
            phase: 'connect',
            advice: 'Check host and port, or allow more time with --timeout.',
            cause: error,
          })
        : error,
  };
}
