import { credentials } from '../credential/credentials.js';
import type { StoredIdentity } from '../identity/choice.js';
import type { FixedIdentity } from '../identity/identity.js';
import { findNewest, type ParsedSearch } from '../identity/search.js';
import type { SecureContext } from '../secure-context/secure-context.js';
import { SYSTEM_CLOCK } from '../../base/async/clock.js';
import { openStore } from '../../windows/store/store.js';
import { type CertificateChange, FollowedIdentity } from './followed-identity.js';

/** The server that the certificates are for. */
export interface FollowListener {
  asksClients(): boolean;
  changed(change: CertificateChange): void;
  troubled(error: Error): void;
}

/** One followed certificate. */
export type Followed = Pick<FollowedIdentity, 'current' | 'end'>;

/** Two ways to find the certificate of a search: follow the store, or look once. */
export interface CertificateLookup {
  begin(context: SecureContext, search: ParsedSearch): Followed;
  look(search: ParsedSearch): Promise<StoredIdentity>;
}

/** How many contexts of a callback are followed. Each needs an open store, a watch and a timer. */
const MOST_OF_CALLBACK = 64;

/**
 * The followed certificates of a server, one for each context with a search. These are the contexts that the server
 * knows, and those that a callback of the program returns more than once. A context that it returns for the first time
 * is only looked up, because the program may make a new one for each connection.
 */
export class FollowedIdentities {
  readonly #lookup: CertificateLookup;
  readonly #known = new Map<SecureContext, Followed>();
  /** In the order of last use, oldest first. */
  readonly #ofCallback = new Map<SecureContext, Followed>();
  readonly #seen = new WeakSet<SecureContext>();
  #isFollowing = false;

  constructor(lookup: CertificateLookup) {
    this.#lookup = lookup;
  }

  /** @param contexts those that the server knows; null ends following */
  follow(contexts: Iterable<SecureContext> | null): void {
    const wanted = new Set(contexts);
    this.#isFollowing = contexts !== null;
    if (!this.#isFollowing) endAll(this.#ofCallback, () => true);
    endAll(this.#known, (context) => !wanted.has(context));
    for (const context of wanted) {
      const { identity } = context;
      if (identity.kind !== 'search' || this.#known.has(context)) continue;
      const followed = this.#ofCallback.get(context) ?? this.#lookup.begin(context, identity.search);
      this.#ofCallback.delete(context);
      this.#known.set(context, followed);
    }
  }

  /** The present certificate. It is looked up now if it isn't followed. @throws as {@link FollowedIdentity.current} */
  readonly current = (context: SecureContext, search: ParsedSearch): Promise<StoredIdentity> => {
    const known = this.#known.get(context);
    if (known !== undefined) return known.current();
    if (this.#isFollowing && this.#seen.has(context)) return this.#currentOfCallback(context, search);
    this.#seen.add(context);
    return this.#lookup.look(search);
  };

  async #currentOfCallback(context: SecureContext, search: ParsedSearch): Promise<StoredIdentity> {
    const followed = this.#ofCallback.get(context) ?? this.#lookup.begin(context, search);
    this.#ofCallback.delete(context);
    this.#ofCallback.set(context, followed);
    const [[oldest] = []] = this.#ofCallback;
    if (this.#ofCallback.size > MOST_OF_CALLBACK) endAll(this.#ofCallback, (each) => each === oldest);
    try {
      return await followed.current();
    } catch (error) {
      // This one was dropped for others before its first look.
      if (this.#ofCallback.get(context) === followed || this.#known.get(context) === followed) throw error;
      return this.#lookup.look(search);
    }
  }
}

function endAll(followed: Map<SecureContext, Followed>, isMeant: (context: SecureContext) => boolean): void {
  for (const [context, each] of [...followed]) {
    if (!isMeant(context)) continue;
    followed.delete(context);
    each.end();
  }
}

const identityOf = (stored: StoredIdentity): FixedIdentity => ({
  kind: 'certificate',
  certificate: { stored },
});

/** In Windows' stores, with credentials of this thread. */
export const lookupInStores = (listener: FollowListener): CertificateLookup => ({
  begin(context, search) {
    return new FollowedIdentity(search, {
      open: () => openStore(search.store, { readOnly: true }),
      tryOut: async (stored) => {
        const use = { role: 'server', requestCert: listener.asksClients() } as const;
        (await credentials().acquire(context, identityOf(stored), use)).release();
      },
      retire: (stored) => credentials().retire(identityOf(stored)),
      clock: SYSTEM_CLOCK,
      changed: (change) => listener.changed(change),
      troubled: (error) => listener.troubled(error),
    });
  },
  look: (search) => findNewest(search, 'serverAuth'),
});
