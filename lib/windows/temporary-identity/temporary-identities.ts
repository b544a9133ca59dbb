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
import { Owner } from './owner.js';
import { PublishedAuthorities } from './published-authorities.js';
import { sweep } from './sweep.js';
import { type TemporaryKey, TemporaryKeys } from './temporary-keys.js';

/** A certificate whose key is in Windows as long as it is in use. */
export interface InstalledMaterial {
  readonly certificate: NativeCertificate;
  /** Why Schannel doesn't find the intermediates, and may send only the leaf. Null if it finds them. */
  readonly unpublished: Error | null;
  /** Resolves when it is gone from Windows. Never fails: what remains is the sweep's. */
  close(): Promise<void>;
}

/** A lease whose end can be waited for. */
export interface TemporaryLease {
  readonly resource: InstalledMaterial;
  /** Gives it back, once. Resolves when what nobody uses any more is gone from Windows. */
  release(): Promise<void>;
}

export interface LeaseOptions {
  /**
   * Whether the intermediates are put into CurrentUser\CA, where alone Schannel looks for what it sends with the leaf.
   * Default true, unless the environment has SCHANNEL_PUBLISH_INTERMEDIATES=0.
   */
  readonly publishIntermediates?: boolean;
  /** Whose keys the key is among. Default 'user'. */
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
>;

/**
 * Identities from files, in Windows for the time they are in use: one for the same material, shared by all its users,
 * and with the last of them gone from Windows too. What a process leaves behind that is killed, the first use in a later
 * one removes.
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
   * The identity of this material. Release it when Windows has given back the credential that was made of it, and that
   * is after the last of the credential's contexts: the key is deleted then.
   *
   * @throws SchannelError ERR_SCHANNEL_KEY_…, ERR_SCHANNEL_IMPORT_UNSUPPORTED; nothing is left behind
   */
  async lease(material: IdentityMaterial, options: LeaseOptions = {}): Promise<TemporaryLease> {
    const { publishIntermediates = isPublishingByDefault(), keySet = 'user' } = options;
    this.#sweepOnce(keySet);
    const chain = publishIntermediates ? material.chain.filter(isIntermediate) : [];
    // The hash says nothing of who may write to the store.
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

  /** Waits until what was released so far is gone from Windows, and a sweep that is under way is over. */
  async settled(): Promise<void> {
    while (this.#endings.size > 0) await Promise.allSettled(this.#endings);
  }

  /** Nothing of this thread is in Windows, or about to be. */
  get isEmpty(): boolean {
    return this.#keys.isEmpty && this.#authorities.isEmpty;
  }

  /** At the end of the process, whoever still uses them. */
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

  /** Many peers know the intermediates, and some accounts may not write to their own store. */
  async #publish(chain: readonly Uint8Array[]): Promise<Error | null> {
    if (chain.length === 0) return null;
    try {
      await this.#authorities.publish(chain);
      return null;
    } catch (error) {
      return toError(error);
    }
  }

  /** Nobody waits for it and nobody hears of its failures; those who want to, call sweepOrphans(). */
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
      // What remains is the sweep's.
    } finally {
      this.#endings.delete(end);
    }
  }
}

/** Nothing fails here: it is peers that refuse the certificate later, and they can't say why. */
function warnOf(unpublished: Error): void {
  const { code, advice } = unpublished as Partial<SchannelError>;
  process.emitWarning(
    `Windows may show a certificate without its intermediates, which peers then refuse that do not have them. ${unpublished.message}`,
    {
      type: 'SchannelWarning',
      ...(code === undefined ? {} : { code }),
      ...(advice === undefined ? {} : { detail: advice }),
    },
  );
}

const isPublishingByDefault = (): boolean => process.env['SCHANNEL_PUBLISH_INTERMEDIATES'] !== '0';

/** Roots are sent by nobody, and not ours to put anywhere. */
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
