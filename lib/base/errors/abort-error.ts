/** The error of Node's own functions for an AbortSignal: name 'AbortError', code 'ABORT_ERR', the reason as cause. */
export function abortError(reason: unknown): Error {
  const error = new Error('The operation was aborted', { cause: reason });
  error.name = 'AbortError';
  return Object.assign(error, { code: 'ABORT_ERR' });
}
