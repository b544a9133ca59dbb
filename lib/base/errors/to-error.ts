/** What was thrown as an Error: itself, or what it is as text. Anything can be thrown, as by a caller's function. */
export const toError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));
