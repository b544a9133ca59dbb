/** The command line, or something it names, cannot be used. */
export class UsageError extends Error {
  readonly code = 'ERR_INVALID_ARGUMENTS';
  override readonly name = 'UsageError';
}
