import { createHash } from 'node:crypto';
import { SerialQueue } from '../../base/async/serial-queue.js';
import { runProcedure, type Procedure } from './procedure.js';
import { type AuthorityStore, type Change, type Decide, isSameCertificate } from './authority-store.js';
import type { Owner } from './owner.js';

interface Published {
  readonly certificate: Uint8Array;
  users: number;
}

/**
 * The intermediate certificates that this thread has in the user's store of authorities. Many identities may need one:
 * it goes with the last of them, and from the store when no other process needs it either.
 */
export class PublishedAuthorities {
  readonly #store: Pick<AuthorityStore, 'revise' | 'giveUp'>;
  readonly #owner: Owner;
  readonly #published = new Map<string, Published>();
  readonly #changes = new SerialQueue();

  constructor(store: Pick<AuthorityStore, 'revise' | 'giveUp'>, owner: Owner) {
    this.#store = store;
    this.#owner = owner;
  }

  /** Puts those into the store that are not there. After a failure it is as before. @throws SchannelError */
  publish(certificates: readonly Uint8Array[]): Promise<void> {
    return this.#changes.run(() => this.#publish(certificates));
  }

  /** Takes those out of the store that nobody needs any more. @throws SchannelError after which the sweep has them */
  withdraw(certificates: readonly Uint8Array[]): Promise<void> {
    return this.#changes.run(() => runProcedure(this.#withdraw(certificates.map(keyOf))));
  }

  get isEmpty(): boolean {
    return this.#published.size === 0;
  }

  /** At the end of the process: takes all of them out, and does not wait for what is under way. */
  *withdrawAll(): Procedure<void> {
    yield* this.#store.giveUp();
    for (const published of this.#published.values()) published.users = 1;
    yield* this.#withdraw([...this.#published.keys()]);
  }

  async #publish(certificates: readonly Uint8Array[]): Promise<void> {
    const token = this.#owner.hold();
    try {
      const missing = certificates.filter((certificate) => this.#use(certificate));
      if (missing.length > 0) await runProcedure(this.#store.revise(publishing(missing, token)));
    } catch (error) {
      // Some may be there. The first failure is the one to tell of.
      await runProcedure(this.#withdraw(certificates.map(keyOf))).catch(() => undefined);
      throw error;
    } finally {
      this.#owner.release();
    }
  }

  /** Counts a user; true for the first one. */
  #use(certificate: Uint8Array): boolean {
    const known = this.#published.get(keyOf(certificate));
    if (known !== undefined) {
      known.users += 1;
      return false;
    }
    this.#owner.hold();
    this.#published.set(keyOf(certificate), { certificate, users: 1 });
    return true;
  }

  *#withdraw(keys: readonly string[]): Procedure<void> {
    const gone: Uint8Array[] = [];
    for (const key of keys) {
      const published = this.#published.get(key);
      if (published === undefined) continue;
      published.users -= 1;
      if (published.users === 0) gone.push(published.certificate);
    }
    if (gone.length === 0) return;
    const token = this.#owner.hold();
    try {
      yield* this.#store.revise(withdrawing(gone, token));
    } finally {
      this.#owner.release();
      for (const certificate of gone) {
        this.#published.delete(keyOf(certificate));
        this.#owner.release();
      }
    }
  }
}

const keyOf = (certificate: Uint8Array): string => createHash('sha256').update(certificate).digest('hex');

/** Adds an owner. What is in the store and not ours serves as well. */
export const publishing =
  (certificates: readonly Uint8Array[], token: string): Decide =>
  (entries) =>
    certificates.flatMap((certificate): Change[] => {
      const entry = entries.find((each) => isSameCertificate(each.certificate, certificate));
      if (entry === undefined) return [{ certificate, owners: [token] }];
      if (entry.owners === null || entry.owners.includes(token)) return [];
      return [{ certificate, owners: [...entry.owners, token] }];
    });

/** Takes an owner away. */
export const withdrawing =
  (certificates: readonly Uint8Array[], token: string): Decide =>
  (entries) =>
    entries
      .filter((entry) => certificates.some((each) => isSameCertificate(each, entry.certificate)))
      .flatMap((entry) => withoutOwners(entry.certificate, entry.owners, (owner) => owner === token));

/** Takes away the owners that are dead, from all entries. */
export const sweeping =
  (isDead: (token: string) => boolean): Decide =>
  (entries) =>
    entries.flatMap((entry) => withoutOwners(entry.certificate, entry.owners, isDead));

function withoutOwners(
  certificate: Uint8Array,
  owners: readonly string[] | null,
  isGone: (token: string) => boolean,
): Change[] {
  if (owners?.some(isGone) !== true) return [];
  return [{ certificate, owners: owners.filter((owner) => !isGone(owner)) }];
}
