/** One thing that has to be undone. */
export interface Undo {
  /** Undoes it now, once. @throws what undoing it throws */
  readonly now: () => Promise<void>;
}

interface Entry {
  readonly what: string;
  readonly undo: () => Promise<void> | void;
}

/** Undoes what a check has made, in the reverse order, also after a failure and Ctrl+C. */
export class Cleanup {
  readonly #entries = new Set<Entry>();
  /** What is being undone by itself. */
  readonly #underWay = new Set<Promise<unknown>>();
  #isOver = false;

  /**
   * Notes how to undo something, before it is done.
   * @param what for the report, should it fail: 'a key in Microsoft Software Key Storage Provider'
   * @throws Error when all was undone already: a check that was given up makes nothing more
   */
  add(what: string, undo: () => Promise<void> | void): Undo {
    if (this.#isOver) throw new Error('The check was given up');
    const entry = { what, undo };
    this.#entries.add(entry);
    return {
      now: async () => {
        if (!this.#entries.delete(entry)) return;
        const undoing = Promise.resolve(undo());
        const settled: Promise<unknown> = undoing.catch(() => undefined);
        this.#underWay.add(settled);
        void settled.then(() => this.#underWay.delete(settled));
        await undoing;
      },
    };
  }

  /** Undoes all that is left, and takes nothing more. @returns what could not be undone, and why */
  async run(): Promise<string[]> {
    this.#isOver = true;
    await Promise.all(this.#underWay);
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
