import { createHash } from 'node:crypto';
import { errorFromStatus } from '../errors/from-status.js';
import type { Native, NativeTrust } from '../native/binding.js';

/** A set of anchors in use; release() gives it back, once. */
export interface TrustLease {
  readonly trust: NativeTrust;
  release(): void;
}

/** Unused sets of anchors that stay at hand: making a chain engine costs about as much as building a chain. */
const IDLE_TRUSTS = 4;

interface Entry {
  readonly key: string;
  readonly trust: Promise<NativeTrust>;
  users: number;
}

/** One chain engine for one set of anchors, however often and in whatever order they are given. */
export class TrustCache {
  readonly #native: Pick<Native, 'createTrust'>;
  /** In the order of last use, oldest first. */
  readonly #entries = new Map<string, Entry>();

  constructor(native: Pick<Native, 'createTrust'>) {
    this.#native = native;
  }

  /**
   * The anchors as Windows takes them.
   * @param certificates DER; none means that nothing is trusted
   * @param partialChain accept an anchor that is not self-signed, as node:tls does with allowPartialTrustChain (Windows 8)
   * @throws SchannelError when Windows cannot make the engine
   */
  async lease(certificates: readonly Uint8Array[], partialChain: boolean): Promise<TrustLease> {
    const entry = this.#entry(certificates, partialChain);
    entry.users += 1;
    try {
      const trust = await entry.trust;
      let released = false;
      return {
        trust,
        release: () => {
          if (released) return;
          released = true;
          this.#leave(entry);
        },
      };
    } catch (error) {
      entry.users -= 1;
      if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
      throw error;
    }
  }

  /** Closes every set that is not in use. */
  clear(): void {
    this.#evict(0);
  }

  #entry(certificates: readonly Uint8Array[], partialChain: boolean): Entry {
    const unique = new Map(certificates.map((der) => [createHash('sha256').update(der).digest('hex'), der]));
    const key = [String(partialChain), ...[...unique.keys()].sort()].join();
    const entry = this.#entries.get(key) ?? {
      key,
      trust: createTrust(this.#native, [...unique.values()], partialChain),
      users: 0,
    };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  #leave(entry: Entry): void {
    entry.users -= 1;
    if (entry.users === 0) this.#evict(IDLE_TRUSTS);
  }

  #evict(keep: number): void {
    const idle = [...this.#entries.values()].filter((entry) => entry.users === 0);
    for (const entry of idle.slice(0, Math.max(0, idle.length - keep))) {
      this.#entries.delete(entry.key);
      void entry.trust.then((trust) => trust.close());
    }
  }
}

function createTrust(
  native: Pick<Native, 'createTrust'>,
  certificates: readonly Uint8Array[],
  partialChain: boolean,
): Promise<NativeTrust> {
  return new Promise((resolve, reject) => {
    native.createTrust({ certificates, partialChain }, (outcome) => {
      if (outcome.trust) resolve(outcome.trust);
      else reject(errorFromStatus({ status: outcome.status, syscall: outcome.syscall, phase: 'credential' }));
    });
  });
}
