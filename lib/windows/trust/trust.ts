import { createHash } from 'node:crypto';
import type { Native, NativeTrust } from '../../native/binding.js';
import { callNative } from '../../native/promises.js';
import { LeaseCache, type Lease } from '../../base/async/lease-cache.js';

/** Unused sets of anchors that are kept: creating a chain engine costs about as much as building a chain. */
const IDLE_TRUSTS = 4;

/** One chain engine for each set of anchors, independent of their order and of duplicates. */
export class TrustCache {
  readonly #native: Pick<Native, 'createTrust'>;
  readonly #cache = new LeaseCache<NativeTrust>(IDLE_TRUSTS);

  constructor(native: Pick<Native, 'createTrust'>) {
    this.#native = native;
  }

  /**
   * The anchors in the form that Windows needs, at once if they are there already.
   * @param certificates DER; an empty list trusts nothing
   * @param partialChain accept an anchor that is not self-signed, as node:tls does with allowPartialTrustChain
   *   (Windows 8)
   * @throws SchannelError if Windows cannot create the engine
   */
  lease(
    certificates: readonly Uint8Array[],
    partialChain: boolean,
  ): Lease<NativeTrust> | Promise<Lease<NativeTrust>> {
    const unique = new Map(certificates.map((der) => [createHash('sha256').update(der).digest('hex'), der]));
    const key = [String(partialChain), ...[...unique.keys()].sort()].join();
    return (
      this.#cache.held(key) ?? this.#cache.lease(key, () => this.#create([...unique.values()], partialChain))
    );
  }

  /** Closes every set that is not in use. */
  clear(): Promise<void> {
    return this.#cache.clear();
  }

  #create(certificates: readonly Uint8Array[], partialChain: boolean): Promise<NativeTrust> {
    return callNative<NativeTrust>({ phase: 'credential' }, (callback) => {
      this.#native.createTrust({ certificates, partialChain }, callback);
    });
  }
}
