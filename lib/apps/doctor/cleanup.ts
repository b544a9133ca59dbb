/** An entry to undo. */
export interface Undo {
  /** Undoes it now, once. @throws what undoing it throws */
  readonly now: () => Promise<void>;
}

interface Entry {
  readonly what: string;
  readonly undo: () => Promise<void> | void;
}

/** Undoes what a check created, in reverse order, also after a failure or Ctrl+C. */
export class Cleanup {
  readonly #entries = new Set<Entry>();
  /** Entries that are being undone separately. */
  readonly #underWay = new Set<Promise<unknown>>();
  #isOver = false;

  /**
   * Registers how to undo something, before it is done.
   * @param what for the report, if undoing fails: 'a key in Microsoft Software Key Storage Provider'
   * @throws Error if everything was undone already: a check that was given up creates nothing more
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

  /** Undoes everything that is left, and accepts no new entries. @returns what could not be undone, and why */
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
