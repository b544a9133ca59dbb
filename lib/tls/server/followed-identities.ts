import { credentials } from '../credential/credentials.js';
import type { StoredIdentity } from '../identity/choice.js';
import type { FixedIdentity } from '../identity/identity.js';
import { findNewest, type ParsedSearch } from '../identity/search.js';
import type { SecureContext } from '../secure-context/secure-context.js';
import { SYSTEM_CLOCK } from '../../base/async/clock.js';
import { openStore } from '../../windows/store/store.js';
import { type CertificateChange, FollowedIdentity } from './followed-identity.js';

/** Who hears of it. */
export interface FollowListener {
  asksClients(): boolean;
  changed(change: CertificateChange): void;
  troubled(error: Error): void;
}

/** One certificate that is kept in sight. */
export type Followed = Pick<FollowedIdentity, 'current' | 'end'>;

/** The two ways to a certificate that is looked for. */
export interface CertificateLookup {
  begin(context: SecureContext, search: ParsedSearch): Followed;
  look(search: ParsedSearch): Promise<StoredIdentity>;
}

/** Contexts of a callback that are followed; each has a store open, a watch and a timer. */
const MOST_OF_CALLBACK = 64;

/**
 * The certificates of a server that are looked for in stores, one for each context that has a search: those that the
 * server knows, and those that a callback of its program gives again. One that it gives once is looked for once, since it
 * may be made anew for each connection.
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

  /** @param contexts those that the server knows, and no others; null ends it for all */
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

  /** The present certificate; one that nobody follows is looked for now. @throws as {@link FollowedIdentity.current} */
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
      // One that had to give way to others before its first look.
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
