/**
 * @typedef {object} Entry
 * @property {string} name
 * @property {(state: unknown) => Promise<unknown>} measure one slice
 * @property {() => Promise<unknown>} [open] creates what all slices share
 * @property {(state: unknown) => void | Promise<void>} [close]
 */

/**
 * Lets contestants take turns: one slice each per round, in reverse order every other round, after one round of
 * warm-up. So other load on the machine affects all of them equally.
 *
 * @param {number} count
 * @returns {(entries: readonly Entry[], record: (name: string, sample: any) => void) => Promise<void>}
 */
export function createRounds(count) {
  return async (entries, record) => {
    const opened = [];
    try {
      for (const entry of entries) opened.push({ entry, state: await entry.open?.() });
      for (const { entry, state } of opened) await entry.measure(state);
      for (let round = 0; round < count; round++) {
        const order = round % 2 === 0 ? opened : [...opened].reverse();
        for (const { entry, state } of order) record(entry.name, await entry.measure(state));
      }
    } finally {
      for (const { entry, state } of opened) await entry.close?.(state);
    }
  };
}
