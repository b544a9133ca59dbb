/**
 * How long a test waits for an expected event, in milliseconds. It only prevents waiting forever: the slowest machine
 * needs a small part of it.
 */
export const PATIENCE = 480_000;

/**
 * Waits, turn by turn of the event loop, until a condition holds. @throws {Error} what is not so, when patience ends
 */
export async function until(
  holds: () => boolean,
  describe: () => string,
  between: () => Promise<unknown> = turn,
): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (!holds()) {
    if (Date.now() > end) throw new Error(describe());
    await between();
  }
}

/** The next turn of the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
