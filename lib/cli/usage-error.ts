/** The command line, or something it names, cannot be used. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
