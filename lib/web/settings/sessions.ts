import { hash, randomBytes } from 'node:crypto';

/** How long a link can be used, and a key after its last use. */
export const LINK_MS = 10 * 60_000;
export const IDLE_MS = 8 * 60 * 60_000;

/** Older ones go. Each is made by somebody who may do everything already. */
const MOST = 32;

/**
 * Links that work once, and the keys that they are exchanged for. Only hashes are kept, by which they are found:
 * how long that takes says nothing of a value.
 */
export class Sessions {
  readonly #now: () => number;
  /** When they end, by hash. */
  readonly #links = new Map<string, number>();
  readonly #keys = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The secret part of a new link. */
  link(): string {
    return add(this.#links, this.#now() + LINK_MS);
  }

  /** @returns a key; null for a link that was used, is too old, or never was one */
  exchange(link: string): string | null {
    const end = this.#links.get(hashOf(link));
    this.#links.delete(hashOf(link));
    if (end === undefined || end <= this.#now()) return null;
    return add(this.#keys, this.#now() + IDLE_MS);
  }

  /** Whether the key is valid. @param use whether this counts as use, so that it ends later */
  has(key: string, use: boolean): boolean {
    const end = this.#keys.get(hashOf(key));
    if (end === undefined || end <= this.#now()) {
      this.#keys.delete(hashOf(key));
      return false;
    }
    if (use) this.#keys.set(hashOf(key), this.#now() + IDLE_MS);
    return true;
  }

  end(key: string): void {
    this.#keys.delete(hashOf(key));
  }
}

function add(table: Map<string, number>, end: number): string {
  const secret = randomBytes(32).toString('base64url');
  table.set(hashOf(secret), end);
  const [oldest] = table.keys();
  if (table.size > MOST && oldest !== undefined) table.delete(oldest);
  return secret;
}

const hashOf = (secret: string): string => hash('sha256', secret);
