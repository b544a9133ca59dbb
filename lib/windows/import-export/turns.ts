/** Has tasks run one after another, in the order in which they came. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<Value>(task: () => Promise<Value>): Promise<Value> {
    const turn = this.#last.then(task);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
