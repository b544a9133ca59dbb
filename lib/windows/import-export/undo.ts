import { SchannelError } from '../../base/errors/schannel-error.js';

/** What was done so far, and how to undo it in reverse order. */
export class Undo {
  readonly #steps: { readonly leaves: string; readonly undo: () => Promise<void> }[] = [];

  /**
   * Call this as soon as something is done.
   *
   * @param leaves what is left if it cannot be undone, for the message: 'the key "schannel-…"'
   */
  push(leaves: string, undo: () => Promise<void>): void {
    this.#steps.push({ leaves, undo });
  }

  /** From now on nothing is undone. */
  forget(): void {
    this.#steps.length = 0;
  }

  /**
   * Undoes everything, even after a step that fails.
   *
   * @returns the error to throw: the reason itself, or ERR_SCHANNEL_IMPORT_LEFTOVERS with the reason as its cause if
   *   something is left
   */
  async rollBack(reason: unknown): Promise<unknown> {
    const left: string[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step.undo();
      } catch (error) {
        left.push(`${step.leaves} (${messageOf(error)})`);
      }
    }
    if (left.length === 0) return reason;
    return new SchannelError(
      'ERR_SCHANNEL_IMPORT_LEFTOVERS',
      `${messageOf(reason)}. What had been added before could not all be removed: ${left.join('; ')}`,
      {
        advice: 'Remove by hand what is named here. The cause says why the import failed.',
        cause: reason,
      },
    );
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
