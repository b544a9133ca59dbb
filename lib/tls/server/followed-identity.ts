import { SchannelError } from '../../base/errors/schannel-error.js';
import { toError } from '../../base/errors/to-error.js';
import type { StoredIdentity } from '../identity/choice.js';
import {
  type FoundCertificate,
  lookIn,
  nothingFound,
  type ParsedSearch,
  type SearchedStore,
} from '../identity/search.js';
import { type Clock, type Pause, pauseFor } from '../../base/async/clock.js';
import { deferred } from '../../base/async/deferred.js';
import type { CertificateContents } from '../../formats/x509/certificate-contents.js';

/** From now on, clients get another certificate. */
export interface CertificateChange {
  /** Null for the first one. Connections that use it keep it. */
  readonly previous: CertificateContents | null;
  readonly current: CertificateContents;
}

/** A store that can be searched and reports changes. */
export interface FollowedStore extends SearchedStore {
  watch(): StoreChanges;
  /** Ends its watches. */
  close(): void;
}

/** See StoreWatcher. */
export interface StoreChanges {
  readonly started: Promise<void>;
  next(): Promise<IteratorResult<{ readonly certificate: { close(): void } }, undefined>>;
}

export interface FollowDependencies {
  open(): Promise<FollowedStore>;
  /** Rejects if Windows can't use it. The previous certificate is kept then. */
  tryOut(identity: StoredIdentity): Promise<void>;
  /** No new connection will use it. */
  retire(identity: StoredIdentity): void;
  readonly clock: Clock;
  readonly changed: (change: CertificateChange) => void;
  /** No certificate matches, or the store can't be searched. Called once as long as the error stays the same. */
  readonly troubled: (error: Error) => void;
}

/** How long to wait before a store that failed is opened again. */
const RETRY_MS = 10_000;

/** How long to wait at most between two looks, because the machine's clock may be set. */
const LOOK_AGAIN_MS = 3_600_000;

/**
 * The certificate of a server, found in a store: the first one in the order of lookIn() that Windows can use. It looks
 * again when the store changes, when the present certificate expires, and when another one becomes valid. It keeps the
 * present certificate until there is a better one, so an error of the store doesn't stop a server.
 */
export class FollowedIdentity {
  readonly #search: ParsedSearch;
  readonly #dependencies: FollowDependencies;
  readonly #looked = deferred();
  #present: FoundCertificate | null = null;
  #trouble: Error | null = null;
  #store: FollowedStore | null = null;
  #pause: Pause | null = null;
  #ended = false;

  /** Begins immediately. */
  constructor(search: ParsedSearch, dependencies: FollowDependencies) {
    this.#search = search;
    this.#dependencies = dependencies;
    void this.#run();
  }

  /**
   * The present certificate, after the first look.
   * @throws SchannelError the reason why there is none: ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND and others of the
   *   store or the key, ERR_SCHANNEL_USAGE_CLOSED if end() was called first
   */
  async current(): Promise<StoredIdentity> {
    if (this.#present === null) await this.#looked.promise;
    if (this.#present !== null) return this.#present.stored;
    throw this.#trouble ?? ended();
  }

  /** Stops watches and timers. The certificate that was found last stays available. Idempotent. */
  end(): void {
    this.#ended = true;
    this.#store?.close();
    this.#pause?.end();
    this.#looked.resolve();
  }

  async #run(): Promise<void> {
    while (!this.#ended) {
      try {
        await this.#follow(await this.#dependencies.open());
      } catch (error) {
        this.#complain(error);
      }
      await this.#wait(RETRY_MS);
    }
  }

  /** Runs until the store fails, or until the end. */
  async #follow(store: FollowedStore): Promise<void> {
    this.#store = store;
    try {
      if (this.#ended) return;
      const changes = store.watch();
      await changes.started;
      let change = nextOf(changes);
      for (;;) {
        const news = await this.#newsWithin(await this.#look(store), change);
        if (news === null) continue;
        if (news.done === true) return;
        news.value.certificate.close();
        change = nextOf(changes);
      }
    } finally {
      this.#store = null;
      store.close();
    }
  }

  /** @returns null if the time is over first; after end(), the end of the changes */
  async #newsWithin(milliseconds: number, change: Promise<News>): Promise<News | null> {
    const timeout = this.#wait(milliseconds).then(() => (this.#ended ? change : null));
    try {
      return await Promise.race([change, timeout]);
    } finally {
      this.#pause?.end();
    }
  }

  #wait(milliseconds: number): Promise<void> {
    if (this.#ended) return Promise.resolve();
    this.#pause = pauseFor(this.#dependencies.clock, milliseconds);
    return this.#pause.over;
  }

  /** @returns milliseconds after which the answer may change without a change of the store */
  async #look(store: FollowedStore): Promise<number> {
    const now = this.#dependencies.clock.now();
    const { valid, nextFrom } = await lookIn(store, this.#search, {
      purpose: 'serverAuth',
      now: new Date(now),
    });
    const refusal = await this.#takeFirst(valid);
    if (refusal !== null) this.#complain(refusal);
    else this.#trouble = null;
    this.#looked.resolve();
    const moments = [nextFrom?.getTime(), this.#present && this.#present.contents.validTo.getTime() + 1];
    const waits = moments.flatMap((moment) => (moment && moment > now ? [moment - now] : []));
    return Math.min(LOOK_AGAIN_MS, ...waits);
  }

  /** @returns why the best one can't be used; null if it is the present one now */
  async #takeFirst(candidates: readonly FoundCertificate[]): Promise<unknown> {
    let refusal: unknown = null;
    for (const candidate of candidates) {
      if (this.#present !== null && isSame(candidate, this.#present)) return refusal;
      try {
        await this.#dependencies.tryOut(candidate.stored);
      } catch (error) {
        refusal ??= error;
        continue;
      }
      this.#take(candidate);
      return refusal;
    }
    return refusal ?? nothingFound(this.#search, 'serverAuth');
  }

  #take(candidate: FoundCertificate): void {
    if (this.#ended) return;
    const previous = this.#present;
    this.#present = candidate;
    if (previous !== null) this.#dependencies.retire(previous.stored);
    this.#dependencies.changed({ previous: previous?.contents ?? null, current: candidate.contents });
  }

  #complain(cause: unknown): void {
    // After end(), errors are expected.
    if (this.#ended) return;
    const error = toError(cause);
    const isNew = this.#trouble?.message !== error.message;
    this.#trouble = error;
    this.#looked.resolve();
    if (isNew) this.#dependencies.troubled(error);
  }
}

type News = Awaited<ReturnType<StoreChanges['next']>>;

/** If looking fails first, no one awaits this promise, so its failure is handled here too. */
function nextOf(changes: StoreChanges): Promise<News> {
  const next = changes.next();
  next.catch(() => undefined);
  return next;
}

const isSame = (one: FoundCertificate, other: FoundCertificate): boolean =>
  one.contents.raw.equals(other.contents.raw) &&
  JSON.stringify(one.stored.location) === JSON.stringify(other.stored.location);

const ended = (): SchannelError =>
  new SchannelError('ERR_SCHANNEL_USAGE_CLOSED', 'The server was closed before its certificate was found', {
    phase: 'store',
  });
