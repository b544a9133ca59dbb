import { createHash } from 'node:crypto';
import { SerialQueue } from '../../base/async/serial-queue.js';
import { runProcedure, type Procedure } from './procedure.js';
import { type AuthorityStore, type Change, type Decide, isSameCertificate } from './authority-store.js';
import type { Owner } from '../key-journal/owner.js';

interface Published {
  readonly certificate: Uint8Array;
  users: number;
}

/**
 * The intermediate certificates that this thread has published in the user's CA store. Several identities may need the
 * same one. It is withdrawn with the last of them, and leaves the store when no other process needs it.
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

  /** Adds missing certificates to the store. After a failure, nothing has changed. @throws SchannelError */
  publish(certificates: readonly Uint8Array[]): Promise<void> {
    return this.#changes.run(() => this.#publish(certificates));
  }

  /** Removes certificates that are no longer needed. @throws SchannelError; a sweep then removes them later */
  withdraw(certificates: readonly Uint8Array[]): Promise<void> {
    return this.#changes.run(() => runProcedure(this.#withdraw(certificates.map(keyOf))));
  }

  get isEmpty(): boolean {
    return this.#published.size === 0;
  }

  /** While the process exits: removes all of them, without waiting for operations that run. */
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
      // Some may have been added. The first failure is the one to report.
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

/** Adds an owner. Entries that are not ours stay unchanged; Schannel finds them too. */
export const publishing =
  (certificates: readonly Uint8Array[], token: string): Decide =>
  (entries) =>
    certificates.flatMap((certificate): Change[] => {
      const entry = entries.find((each) => isSameCertificate(each.certificate, certificate));
      if (entry === undefined) return [{ certificate, owners: [token] }];
      if (entry.owners === null || entry.owners.includes(token)) return [];
      return [{ certificate, owners: [...entry.owners, token] }];
    });

/** Removes an owner. */
export const withdrawing =
  (certificates: readonly Uint8Array[], token: string): Decide =>
  (entries) =>
    entries
      .filter((entry) => certificates.some((each) => isSameCertificate(each, entry.certificate)))
      .flatMap((entry) => withoutOwners(entry.certificate, entry.owners, (owner) => owner === token));

/** Removes dead owners from all entries. */
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
