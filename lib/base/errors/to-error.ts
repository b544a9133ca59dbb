/** What was thrown, as an Error: itself, or its text. A caller's function can throw anything. */
export const toError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));
