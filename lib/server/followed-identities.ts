import { findNewest, type ParsedSearch } from '../identity/search.js';
import type { IdentitySource, StoredIdentity } from '../identity/identity-source.js';
import { native } from '../native/load.js';
import { resources } from '../secure-context/resources.js';
import type { SecureContext } from '../secure-context/secure-context.js';
import { leaseServerCredential } from '../socket/server-credential.js';
import { SYSTEM_CLOCK } from '../store/clock.js';
import { openStore } from '../store/store.js';
import { type CertificateChange, FollowedIdentity } from './followed-identity.js';

/** Who hears of it. */
export interface FollowListener {
  asksClients(): boolean;
  changed(change: CertificateChange): void;
  troubled(error: Error): void;
}

/** The certificates of a server that are looked for in stores, one for each of its contexts that has a search. */
export class FollowedIdentities {
  readonly #listener: FollowListener;
  readonly #followed = new Map<SecureContext, FollowedIdentity>();

  constructor(listener: FollowListener) {
    this.#listener = listener;
  }

  /** Follows for these contexts and no others. */
  follow(contexts: Iterable<SecureContext>): void {
    const wanted = new Set(contexts);
    for (const [context, followed] of this.#followed) {
      if (wanted.has(context)) continue;
      this.#followed.delete(context);
      followed.end();
    }
    for (const context of wanted) {
      const { identity } = context;
      if (identity.kind !== 'search' || this.#followed.has(context)) continue;
      this.#followed.set(context, this.#begin(context, identity.search));
    }
  }

  /** The present certificate; one that nobody follows is looked for now. @throws as {@link FollowedIdentity.current} */
  readonly current = (context: SecureContext, search: ParsedSearch): Promise<StoredIdentity> =>
    this.#followed.get(context)?.current() ?? findNewest(search, 'serverAuth');

  #begin(context: SecureContext, search: ParsedSearch): FollowedIdentity {
    const sourceOf = (stored: StoredIdentity): IdentitySource =>
      resources().identities.ofCertificate({ stored });
    return new FollowedIdentity(search, {
      open: () => openStore(search.store, { readOnly: true }),
      tryOut: async (stored) => {
        const settings = { context, platform: native().platform, requestCert: this.#listener.asksClients() };
        (await leaseServerCredential(settings, sourceOf(stored))).release();
      },
      retire: (stored) => resources().credentials.retire(sourceOf(stored)),
      clock: SYSTEM_CLOCK,
      changed: (change) => this.#listener.changed(change),
      troubled: (error) => this.#listener.troubled(error),
    });
  }
}
