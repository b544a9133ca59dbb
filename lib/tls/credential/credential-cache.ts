import { LeaseCache, type Lease } from '../../base/async/lease-cache.js';
import { operations } from '../../base/trace/channels.js';
import type { Native, NativeCredential, NativeCredentialRequest, Role } from '../../native/binding.js';
import { callNative } from '../../native/promises.js';
import { explainRefusal } from '../identity/preflight/explain.js';
import { chainEnd } from './chain-end.js';
import { ANONYMOUS, type IdentitySource, type OpenIdentity } from './identity-source.js';

/** Unused credentials are kept, because Windows resumes sessions only with the handle that made them. */
const IDLE_CREDENTIALS = 16;

/** A credential handle and the certificates that it shows. */
export interface Credential {
  readonly native: NativeCredential;
  /** DER; empty if it shows nothing. */
  readonly certificates: readonly Uint8Array[];
}

/** What a cache calls of Windows. */
export type CacheNative = Pick<Native, 'acquireCredential' | 'verifyChain'>;

/** What tests replace. */
export interface CredentialCacheDependencies {
  readonly explain?: typeof explainRefusal;
  readonly endOfChain?: typeof chainEnd;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * One credential handle for each configuration, shared by all its connections. If configurations shared handles, one
 * connection could show the certificate of another, so the cache key contains every input of the handle.
 *
 * TemporaryIdentities has another cache below this one: credentials with different inputs, such as TLS versions, may
 * use the same files, and Windows should get their key only once.
 */
export class CredentialCache {
  readonly #native: CacheNative;
  readonly #explain: typeof explainRefusal;
  readonly #endOfChain: typeof chainEnd;
  readonly #cache: LeaseCache<HeldCredential>;

  constructor(
    native: CacheNative,
    { explain = explainRefusal, endOfChain = chainEnd, now = Date.now }: CredentialCacheDependencies = {},
  ) {
    this.#native = native;
    this.#explain = explain;
    this.#endOfChain = endOfChain;
    this.#cache = new LeaseCache(IDLE_CREDENTIALS, ({ until }) => until <= now());
  }

  /** The credential that lease() would give for the same, if it is there already; else null. */
  held(
    request: NativeCredentialRequest,
    source: IdentitySource = ANONYMOUS,
    audience = '',
  ): Lease<Credential> | null {
    return this.#cache.held(keyOf(request, source, audience));
  }

  /**
   * A credential for this request.
   * @param source the certificates that it shows
   * @param audience separates credentials that are otherwise equal, because Windows resumes sessions within a
   *   credential
   * @throws SchannelError if Windows refuses the configuration, or the certificates can't be opened
   */
  lease(
    request: NativeCredentialRequest,
    source: IdentitySource = ANONYMOUS,
    audience = '',
  ): Promise<Lease<Credential>> {
    return this.#cache.lease(keyOf(request, source, audience), () => this.#acquire(request, source));
  }

  /** New connections get new credentials of this source. The present ones are closed with their last connection. */
  retire(source: IdentitySource): void {
    const begin = `${JSON.stringify([source.key]).slice(0, -1)},`;
    this.#cache.retire((key) => key.startsWith(begin));
  }

  /** Closes every credential that is not in use, and waits until Windows has released it. */
  clear(): Promise<void> {
    return this.#cache.clear();
  }

  #acquire(request: NativeCredentialRequest, source: IdentitySource): Promise<HeldCredential> {
    return operations.credential.run(
      () => ({ role: roleOf(request) }),
      () => this.#open(request, source),
      ({ certificates }) => ({ certificates }),
    );
  }

  async #open(request: NativeCredentialRequest, source: IdentitySource): Promise<HeldCredential> {
    const identity = await source.open();
    try {
      const { certificates } = identity;
      const native = await this.#ask(certificates.length === 0 ? request : { ...request, certificates });
      return new HeldCredential(native, identity, await this.#endOf(identity, roleOf(request)));
    } catch (error) {
      const reason = await this.#reasonOf(identity, roleOf(request));
      identity.close();
      throw reason === null ? error : withAdvice(error, reason);
    }
  }

  #ask(request: NativeCredentialRequest): Promise<NativeCredential> {
    return callNative({ phase: 'credential' }, (callback) => {
      this.#native.acquireCredential(request, callback);
    });
  }

  async #endOf({ certificates }: OpenIdentity, role: Role): Promise<number> {
    const ends = await Promise.all(
      certificates.map(({ encoded }) => this.#endOfChain(encoded, role, this.#native)),
    );
    return Math.min(...ends.map((end) => end ?? Infinity));
  }

  async #reasonOf({ certificates }: OpenIdentity, role: Role): Promise<string | null> {
    for (const certificate of certificates) {
      const reason = await this.#explain(certificate, role);
      if (reason !== null) return reason;
    }
    return null;
  }
}

/** A credential and the open identity that it needs as long as it lives. */
class HeldCredential implements Credential {
  readonly native: NativeCredential;
  readonly certificates: readonly Uint8Array[];
  /**
   * When the first certificate that it sends expires, in milliseconds since 1970. New connections need another then.
   */
  readonly until: number;
  readonly #identity: OpenIdentity;

  constructor(native: NativeCredential, identity: OpenIdentity, until: number) {
    this.native = native;
    this.until = until;
    this.#identity = identity;
    this.certificates = identity.certificates.map(({ encoded }) => encoded);
  }

  /** Closes the credential, then the key. Windows may use the key until the credential is closed. */
  async close(): Promise<void> {
    if (this.certificates.length === 0) {
      this.native.close();
      return;
    }
    await new Promise<void>((resolve) => {
      this.native.close(() => resolve());
    });
    this.#identity.close();
  }
}

const keyOf = (request: NativeCredentialRequest, source: IdentitySource, audience: string): string =>
  JSON.stringify([source.key, audience, inputsOf(request)]);

const roleOf = ({ role = 'client' }: NativeCredentialRequest): Role => role;

/** All inputs of a handle but its identity. */
const inputsOf = ({
  role = 'client',
  structure,
  flags,
  protocols,
  sessionLifespan,
  issuers = [],
}: NativeCredentialRequest): unknown[] => [
  role,
  structure,
  flags,
  protocols,
  sessionLifespan,
  issuers.map((der) => Buffer.from(der).toString('base64')),
];

/** The same error with better advice. */
function withAdvice(error: unknown, advice: string): unknown {
  return error instanceof Error ? Object.assign(error, { advice }) : error;
}
