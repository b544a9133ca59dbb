import { errorFromNative } from '../../base/errors/from-status.js';
import type { SchannelError } from '../../base/errors/schannel-error.js';
import { toError } from '../../base/errors/to-error.js';
import type { Native } from '../../native/binding.js';
import { LeaseCache } from '../../base/async/lease-cache.js';
import { native } from '../../native/load.js';
import { certificateWithKey } from '../key/certificate-with-key.js';
import type { Procedure } from './procedure.js';
import { certificateOf } from '../../formats/x509/certificate-of.js';
import { isSelfSigned } from '../../formats/x509/issuers.js';
import { AuthorityStore } from './authority-store.js';
import { removeAtExit } from './exit.js';
import { type KeySet, withAdviceOnProfile } from './key-set.js';
import type { NativeCertificate } from '../../native/store-binding.js';
import type { IdentityMaterial } from './material.js';
import { Owner } from '../key-journal/owner.js';
import { PublishedAuthorities } from './published-authorities.js';
import { sweep } from './sweep.js';
import { type TemporaryKey, TemporaryKeys } from './temporary-keys.js';

/** A certificate and its key, which is in Windows as long as this is in use. */
export interface InstalledMaterial {
  readonly certificate: NativeCertificate;
  /** Why Schannel doesn't find the intermediates, and may send only the leaf. Null if it finds them. */
  readonly unpublished: Error | null;
  /** Resolves when it is removed from Windows. Never fails: a sweep removes what remains. */
  close(): Promise<void>;
}

/** A lease with a release that can be awaited. */
export interface TemporaryLease {
  readonly resource: InstalledMaterial;
  /** Idempotent. Resolves when everything that is no longer used is removed from Windows. */
  release(): Promise<void>;
}

export interface LeaseOptions {
  /**
   * Whether the intermediates are put into CurrentUser\CA. Schannel only looks there for what it sends with the leaf.
   * Default true, unless the environment has SCHANNEL_PUBLISH_INTERMEDIATES=0.
   */
  readonly publishIntermediates?: boolean;
  /** Where the key is kept. Default 'user'. */
  readonly keySet?: KeySet;
}

export type TemporaryNative = Pick<
  Native,
  | 'importKey'
  | 'deleteKey'
  | 'listContainers'
  | 'openStore'
  | 'createCertificate'
  | 'createLivenessMarker'
  | 'isAlive'
  | 'isAppContainer'
  | 'acquireLock'
  | 'platform'
  | 'readRegistry'
  | 'removeRegistryValue'
>;

/**
 * Certificates and keys from files, which are in Windows while they are in use. Equal material is shared, and removed
 * with its last user. If a process is killed, the first use in a later process removes what it left behind.
 */
export class TemporaryIdentities {
  readonly #native: TemporaryNative;
  readonly #keys: TemporaryKeys;
  readonly #store: AuthorityStore;
  readonly #authorities: PublishedAuthorities;
  readonly #cache = new LeaseCache<InstalledMaterial>(0);
  readonly #endings = new Set<Promise<unknown>>();
  readonly #swept = new Set<KeySet>();

  constructor(addon: TemporaryNative) {
    this.#native = addon;
    const owner = new Owner(addon);
    this.#keys = new TemporaryKeys(addon, owner);
    this.#store = new AuthorityStore(addon);
    this.#authorities = new PublishedAuthorities(this.#store, owner);
  }

  /**
   * The certificate of this material. The last release deletes the key, so release it after Windows has closed the
   * credential that uses it, which is after the credential's last context.
   *
   * @throws SchannelError ERR_SCHANNEL_KEY_…, ERR_SCHANNEL_IMPORT_UNSUPPORTED; nothing is left behind
   */
  async lease(material: IdentityMaterial, options: LeaseOptions = {}): Promise<TemporaryLease> {
    const { publishIntermediates = isPublishingByDefault(), keySet = 'user' } = options;
    this.#sweepOnce(keySet);
    const chain = publishIntermediates ? material.chain.filter(isIntermediate) : [];
    // The hash doesn't contain these two options.
    const key = `${material.hash}:${String(publishIntermediates)}:${keySet}`;
    const lease = await this.#cache.lease(key, () => this.#make(material, chain, keySet));
    return {
      resource: lease.resource,
      release: () => {
        lease.release();
        return this.#cache.clear();
      },
    };
  }

  /** Waits until everything that was released is removed from Windows, and a running sweep has ended. */
  async settled(): Promise<void> {
    while (this.#endings.size > 0) await Promise.allSettled(this.#endings);
  }

  /** This thread has nothing in Windows, and is putting nothing there. */
  get isEmpty(): boolean {
    return this.#keys.isEmpty && this.#authorities.isEmpty;
  }

  /** While the process exits: removes everything, even if it is in use. */
  removals(): readonly Procedure<void>[] {
    return [this.#keys.removeAll(), this.#authorities.withdrawAll()];
  }

  async #make(
    material: IdentityMaterial,
    chain: readonly Uint8Array[],
    keySet: KeySet,
  ): Promise<InstalledMaterial> {
    try {
      const key = await this.#import(material, keySet);
      try {
        return await this.#tie(key, material.certificate, chain);
      } catch (error) {
        await key.remove();
        throw error;
      }
    } catch (error) {
      throw errorFromNative(error, 'key');
    }
  }

  async #import({ key }: IdentityMaterial, keySet: KeySet): Promise<TemporaryKey> {
    try {
      return await this.#keys.import(key, keySet);
    } catch (error) {
      throw withAdviceOnProfile(error, keySet);
    }
  }

  /** The certificate with its key. */
  async #tie(
    key: TemporaryKey,
    encoded: Uint8Array,
    chain: readonly Uint8Array[],
  ): Promise<InstalledMaterial> {
    const certificate = await certificateWithKey(this.#native, encoded, key.location);
    const unpublished = await this.#publish(chain);
    if (unpublished !== null) warnOf(unpublished);
    const published = unpublished === null ? chain : [];
    return {
      certificate,
      unpublished,
      close: () => {
        certificate.close();
        return this.#ending(Promise.all([key.remove(), this.#authorities.withdraw(published)]));
      },
    };
  }

  /** A failure is not fatal: many peers have the intermediates, and some accounts may not write to their store. */
  async #publish(chain: readonly Uint8Array[]): Promise<Error | null> {
    if (chain.length === 0) return null;
    try {
      await this.#authorities.publish(chain);
      return null;
    } catch (error) {
      return toError(error);
    }
  }

  /** Runs in the background, and its errors are ignored. sweepOrphans() reports them. */
  #sweepOnce(keySet: KeySet): void {
    if (this.#swept.has(keySet)) return;
    this.#swept.add(keySet);
    void this.#ending(sweep(this.#native, [keySet], this.#store));
  }

  async #ending(end: Promise<unknown>): Promise<void> {
    this.#endings.add(end);
    try {
      await end;
    } catch {
      // A sweep removes what remains.
    } finally {
      this.#endings.delete(end);
    }
  }
}

/** Nothing fails here. Later, peers may refuse the certificate without saying why. */
function warnOf(unpublished: Error): void {
  const { code, advice } = unpublished as Partial<SchannelError>;
  process.emitWarning(
    `Windows may send a certificate without its intermediates. Peers that do not have them will refuse it. ${unpublished.message}`,
    {
      type: 'SchannelWarning',
      ...(code === undefined ? {} : { code }),
      ...(advice === undefined ? {} : { detail: advice }),
    },
  );
}

const isPublishingByDefault = (): boolean => process.env['SCHANNEL_PUBLISH_INTERMEDIATES'] !== '0';

/** A root is never sent, and must not be put into a store. */
const isIntermediate = (encoded: Uint8Array): boolean => !isSelfSigned(certificateOf(encoded));

let shared: TemporaryIdentities | undefined;

/**
 * Those of this thread. The first call removes what earlier processes left behind.
 * @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM
 */
export function temporaryIdentities(): TemporaryIdentities {
  if (shared === undefined) {
    shared = new TemporaryIdentities(native());
    removeAtExit(native(), shared);
  }
  return shared;
}

/** Waits until what was released is gone from Windows; at once if there never was anything. */
export const temporaryIdentitiesSettled = async (): Promise<void> => shared?.settled();
