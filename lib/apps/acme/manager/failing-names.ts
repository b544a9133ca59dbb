import { DAY_MS } from './schedule.js';

/** Since when each of these names fails, in milliseconds since 1970. */
export type FailingNames = Readonly<Record<string, number>>;

/** After how long a name that fails is left out. */
const DROP_AFTER_MS = 3 * DAY_MS;

/**
 * Those that fail after an attempt that failed. A name that did not fail this time begins again.
 *
 * @param failed empty if the attempt did not get as far as the names: then nothing is known of them
 */
export const failingAfter = (before: FailingNames, failed: readonly string[], now: number): FailingNames =>
  failed.length === 0 ? before : Object.fromEntries(failed.map((name) => [name, before[name] ?? now]));

/** Names that are left out, so that the others get their certificate. Never all of them. */
export function failingTooLong(
  names: readonly string[],
  failing: FailingNames,
  now: number,
): readonly string[] {
  const found = names.filter((name) => (failing[name] ?? Infinity) <= now - DROP_AFTER_MS);
  return found.length === names.length ? [] : found;
}
