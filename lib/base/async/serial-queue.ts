/** Runs tasks one after another, in the order in which they came. A task that fails does not stop the next one. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs the task when those before it have ended. @returns what the task returns */
  run<Value>(task: () => Promise<Value>): Promise<Value> {
    const end = this.#last.then(task);
    this.#last = end.catch(() => undefined);
    return end;
  }
}
