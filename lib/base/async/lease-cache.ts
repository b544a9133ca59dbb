/** A shared resource in use; release() gives it back, once. */
export interface Lease<Resource> {
  readonly resource: Resource;
  release(): void;
}

interface Entry<Resource> {
  readonly key: string;
  readonly resource: Promise<Resource>;
  /** Null until it is made. */
  made: Resource | null;
  users: number;
  /** Nobody else gets it. */
  retired: boolean;
}

/**
 * Native resources shared by configuration: made once for a key, counted while in use, and kept for a while when not,
 * since making them is costly. The key must hold everything the resource depends on.
 */
export class LeaseCache<Resource extends { close(): void | Promise<void> }> {
  readonly #idleKept: number;
  readonly #isOver: (resource: Resource) => boolean;
  readonly #closing = new Set<Promise<void>>();
  /** In the order of last use, oldest first. */
  readonly #entries = new Map<string, Entry<Resource>>();

  /**
   * @param idleKept how many unused resources stay at hand; the longest unused goes first
   * @param isOver tells that a resource is too old for new users; those it has keep it
   */
  constructor(idleKept: number, isOver: (resource: Resource) => boolean = () => false) {
    this.#idleKept = idleKept;
    this.#isOver = isOver;
  }

  /** The resource of this key, if it is there and not too old; null if only {@link lease} has it. */
  held(key: string): Lease<Resource> | null {
    const entry = this.#entries.get(key);
    if (!entry?.made || this.#isOver(entry.made)) return null;
    this.#use(entry);
    return this.#leaseOf(entry, entry.made);
  }

  /** The resource of this key, made by `make` if there is none; a failed one is not kept. */
  async lease(key: string, make: () => Promise<Resource>): Promise<Lease<Resource>> {
    const known = this.#entries.get(key);
    const entry = known ?? { key, resource: make(), made: null, users: 0, retired: false };
    this.#use(entry);
    let resource: Resource;
    try {
      resource = await entry.resource;
      entry.made = resource;
    } catch (error) {
      entry.users -= 1;
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
    const lease = this.#leaseOf(entry, resource);
    // One that was made just now is as new as it gets.
    if (!known || !this.#isOver(resource)) return lease;
    this.#retire(entry);
    lease.release();
    return this.lease(key, make);
  }

  /** Closes every resource that is not in use; resolves when these, and those that went before, are closed. */
  async clear(): Promise<void> {
    this.#evict(0);
    await Promise.all(this.#closing);
  }

  /** Lets nobody have these any more: they are closed with their last user, at once where there is none. */
  retire(isMeant: (key: string) => boolean): void {
    for (const entry of [...this.#entries.values()].filter(({ key }) => isMeant(key))) {
      this.#retire(entry);
      if (entry.users === 0) this.#close(entry);
    }
  }

  #use(entry: Entry<Resource>): void {
    this.#entries.delete(entry.key);
    this.#entries.set(entry.key, entry);
    entry.users += 1;
  }

  #retire(entry: Entry<Resource>): void {
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
    entry.retired = true;
  }

  #leaseOf(entry: Entry<Resource>, resource: Resource): Lease<Resource> {
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      entry.users -= 1;
      if (entry.users > 0) return;
      if (entry.retired) this.#close(entry);
      else this.#evict(this.#idleKept);
    };
    return { resource, release };
  }

  #evict(keep: number): void {
    const idle = [...this.#entries.values()].filter((entry) => entry.users === 0);
    for (const entry of idle.slice(0, Math.max(0, idle.length - keep))) {
      this.#entries.delete(entry.key);
      this.#close(entry);
    }
  }

  #close({ resource }: Entry<Resource>): void {
    const closing = resource.then((made) => made.close());
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }
}
