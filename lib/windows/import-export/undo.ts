import { SchannelError } from '../../base/errors/schannel-error.js';

/** What has been done so far, and how it is undone: the last first. */
export class Undo {
  readonly #steps: { readonly leaves: string; readonly undo: () => Promise<void> }[] = [];

  /**
   * To be called as soon as something is done.
   *
   * @param leaves what is left if it cannot be undone, for the message: 'the key "schannel-…"'
   */
  push(leaves: string, undo: () => Promise<void>): void {
    this.#steps.push({ leaves, undo });
  }

  /**
   * Undoes everything, also behind a step that fails.
   *
   * @returns the error to throw: the reason itself, or, where something is left,
   * ERR_SCHANNEL_IMPORT_LEFTOVERS with the reason as its cause
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
        advice: 'Remove by hand what is named here, and see the cause for why the import failed.',
        cause: reason,
      },
    );
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
