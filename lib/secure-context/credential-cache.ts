import { errorFromStatus } from '../errors/from-status.js';
import type { Native, NativeCredential, NativeCredentialRequest } from '../native/binding.js';
import { LeaseCache, type Lease } from '../native/lease-cache.js';

/** Unused credentials that stay at hand: Windows resumes sessions only with the handle that made them. */
const IDLE_CREDENTIALS = 16;

const SEC_E_UNKNOWN_CREDENTIALS = 0x8009030d;

/**
 * One credential handle for one configuration, shared by all its connections. Sharing across configurations would
 * send one connection's identity on another, so the key holds every input of the handle.
 */
export class CredentialCache {
  readonly #native: Pick<Native, 'acquireCredential'>;
  readonly #cache = new LeaseCache<NativeCredential>(IDLE_CREDENTIALS);

  constructor(native: Pick<Native, 'acquireCredential'>) {
    this.#native = native;
  }

  /**
   * A credential for the first of the requests that this Windows knows the structure of.
   * @throws SchannelError when Windows refuses the configuration
   */
  lease(requests: readonly NativeCredentialRequest[]): Promise<Lease<NativeCredential>> {
    const key = JSON.stringify(requests.map((r) => [r.structure, r.flags, r.protocols, r.sessionLifespan]));
    return this.#cache.lease(key, () => this.#acquire(requests));
  }

  /** Closes every credential that is not in use. */
  clear(): void {
    this.#cache.clear();
  }

  #acquire(requests: readonly NativeCredentialRequest[]): Promise<NativeCredential> {
    return new Promise((resolve, reject) => {
      const attempt = (index: number): void => {
        const request = requests[index];
        if (!request) throw new RangeError('a credential needs at least one request');
        this.#native.acquireCredential(request, (outcome) => {
          if (outcome.credential) resolve(outcome.credential);
          else if (outcome.status === SEC_E_UNKNOWN_CREDENTIALS && index + 1 < requests.length)
            attempt(index + 1);
          else
            reject(
              errorFromStatus({ status: outcome.status, syscall: outcome.syscall, phase: 'credential' }),
            );
        });
      };
      attempt(0);
    });
  }
}
