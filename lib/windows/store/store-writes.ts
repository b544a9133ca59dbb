/**
 * The writes of this thread to stores. What was read of stores, or decided by them, is of the present only while the
 * count stays the same.
 */
class StoreWrites {
  #count = 0;

  /** Changes with the beginning and with the end of each write. */
  get count(): number {
    return this.#count;
  }

  async counted<Value>(write: () => Promise<Value>): Promise<Value> {
    this.#count += 1;
    try {
      return await write();
    } finally {
      this.#count += 1;
    }
  }
}

export const storeWrites = new StoreWrites();
