/** The error of Node's own functions for an AbortSignal: name 'AbortError', code 'ABORT_ERR', the reason as cause. */
export function abortError(reason: unknown): Error {
  const error = new Error('The operation was aborted', { cause: reason });
  error.name = 'AbortError';
  return Object.assign(error, { code: 'ABORT_ERR' });
}

/** @throws {@link abortError} if the signal was aborted; its own throwIfAborted() throws the reason, whatever it is */
export function endIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortError(signal.reason);
}
