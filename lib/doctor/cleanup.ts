/** One thing that has to be undone. */
export interface Undo {
  /** Undoes it now, once. @throws what undoing it throws */
  readonly now: () => Promise<void>;
}

interface Entry {
  readonly what: string;
  readonly undo: () => Promise<void> | void;
}

/** Undoes what checks have made, in the reverse order, also after a failure and Ctrl+C. */
export class Cleanup {
  readonly #entries = new Set<Entry>();

  /**
   * Notes how to undo something, best before it is done.
   * @param what for the report, should it fail: 'a key in Microsoft Software Key Storage Provider'
   */
  add(what: string, undo: () => Promise<void> | void): Undo {
    const entry = { what, undo };
    this.#entries.add(entry);
    return {
      now: async () => {
        if (!this.#entries.delete(entry)) return;
        await undo();
      },
    };
  }

  /** Undoes all that is left. @returns what could not be undone, and why */
  async run(): Promise<string[]> {
    const failures: string[] = [];
    for (const entry of [...this.#entries].reverse()) {
      this.#entries.delete(entry);
      try {
        await entry.undo();
      } catch (error) {
        failures.push(`${entry.what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return failures;
  }
}
