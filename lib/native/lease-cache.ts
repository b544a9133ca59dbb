/** A shared resource in use; release() gives it back, once. */
export interface Lease<Resource> {
  readonly resource: Resource;
  release(): void;
}

interface Entry<Resource> {
  readonly key: string;
  readonly resource: Promise<Resource>;
  users: number;
}

/**
 * Native resources shared by configuration: made once for a key, counted while in use, and kept for a while when not,
 * since making them is costly. The key must hold everything the resource depends on.
 */
export class LeaseCache<Resource extends { close(): void | Promise<void> }> {
  readonly #idleKept: number;
  readonly #closing = new Set<Promise<void>>();
  /** In the order of last use, oldest first. */
  readonly #entries = new Map<string, Entry<Resource>>();

  /** @param idleKept how many unused resources stay at hand; the longest unused goes first */
  constructor(idleKept: number) {
    this.#idleKept = idleKept;
  }

  /** The resource of this key, made by `make` if there is none; a failed one is not kept. */
  async lease(key: string, make: () => Promise<Resource>): Promise<Lease<Resource>> {
    const entry = this.#entries.get(key) ?? { key, resource: make(), users: 0 };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.users += 1;
    try {
      return this.#leaseOf(entry, await entry.resource);
    } catch (error) {
      entry.users -= 1;
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
  }

  /** Closes every resource that is not in use; resolves when these, and those that went before, are closed. */
  async clear(): Promise<void> {
    this.#evict(0);
    await Promise.all(this.#closing);
  }

  #leaseOf(entry: Entry<Resource>, resource: Resource): Lease<Resource> {
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      entry.users -= 1;
      if (entry.users === 0) this.#evict(this.#idleKept);
    };
    return { resource, release };
  }

  #evict(keep: number): void {
    const idle = [...this.#entries.values()].filter((entry) => entry.users === 0);
    for (const entry of idle.slice(0, Math.max(0, idle.length - keep))) {
      this.#entries.delete(entry.key);
      const closing = entry.resource.then((resource) => resource.close());
      this.#closing.add(closing);
      void closing.finally(() => this.#closing.delete(closing));
    }
  }
}
