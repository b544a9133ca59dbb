import type { Lease } from '../../base/async/lease-cache.js';
import type { NativePlatform, Native } from '../../native/binding.js';
import { native } from '../../native/load.js';
import type { FixedIdentity, Identity } from '../identity/identity.js';
import { findNewest } from '../identity/search.js';
import type { SecureContext } from '../secure-context/secure-context.js';
import { CredentialCache, type CacheNative, type Credential } from './credential-cache.js';
import { requestFor, type CredentialUse } from './credential-request.js';
import { sourceOf } from './identity-source.js';

/** The credentials of this thread: connections and servers get theirs here. */
export class Credentials {
  readonly #platform: NativePlatform;
  readonly #cache: CredentialCache;

  constructor(addon: CacheNative & Pick<Native, 'platform'>) {
    this.#platform = addon.platform;
    this.#cache = new CredentialCache(addon);
  }

  /**
   * What acquire() would give, if it is there already; null if it is not, or if Windows has to look for the identity.
   * The first flight of a connection need not wait then.
   */
  held(context: SecureContext, identity: Identity, use: CredentialUse): Lease<Credential> | null {
    if (identity.kind === 'search') return null;
    const { window } = context;
    const request = requestFor(context, use, this.#platform);
    return this.#cache.held(request, sourceOf(identity, window), audienceOf(use, window));
  }

  /**
   * A credential with these settings that shows this identity. Equal credentials are shared. Release it after the last
   * session that uses it is closed.
   * @throws SchannelError if Windows refuses the settings, or the identity can't be opened or found
   */
  async acquire(context: SecureContext, identity: Identity, use: CredentialUse): Promise<Lease<Credential>> {
    const { window } = context;
    const source = sourceOf(identity.kind === 'search' ? await found(identity, use) : identity, window);
    return this.#cache.lease(requestFor(context, use, this.#platform), source, audienceOf(use, window));
  }

  /** No new connection gets a credential of this identity; each is closed when its last connection is. */
  retire(identity: FixedIdentity): void {
    this.#cache.retire(sourceOf(identity));
  }

  /** Closes every credential that is not in use, and waits until Windows has released it. */
  clear(): Promise<void> {
    return this.#cache.clear();
  }
}

async function found(
  { search }: Extract<Identity, { kind: 'search' }>,
  { role }: CredentialUse,
): Promise<FixedIdentity> {
  const stored = await findNewest(search, role === 'client' ? 'clientAuth' : 'serverAuth');
  return { kind: 'certificate', certificate: { stored } };
}

/**
 * A session that began without a client certificate must not be resumed where one is asked for. And a dialog belongs to
 * the window of the connection that it is for.
 */
const audienceOf = (use: CredentialUse, window: number): string =>
  `${use.role === 'server' && use.requestCert ? 'known clients' : ''}${window === 0 ? '' : ` window ${window}`}`;

let shared: Credentials | undefined;

/** @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM */
export const credentials = (): Credentials => (shared ??= new Credentials(native()));

/** Closes the credentials of this thread that no connection uses. */
export const releaseCredentials = async (): Promise<void> => shared?.clear();
