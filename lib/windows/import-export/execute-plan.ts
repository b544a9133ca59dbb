import { type X509Certificate } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import type { NativeKeyLocation } from '../../native/store-binding.js';
import {
  type ImportTarget,
  type StoreRole,
  type TargetCertificate,
  type TargetStore,
} from './import-target.js';
import { ImportedKeys } from './imported-keys.js';
import { type ImportPlan, type PlannedIdentity } from './plan.js';
import { Undo } from './undo.js';

export type ImportRole = 'identity' | 'certificate' | 'authority' | 'root';

/** The result for one certificate of a file. */
export interface Placement<Entry> {
  readonly certificate: Entry;
  /** 'certificate': without a key, and not an authority. */
  readonly role: ImportRole;
  /** The store that it is in, or would have been added to: 'CurrentUser\\MY'. */
  readonly store: string;
  /**
   * - 'added': it was not there
   * - 'present': it was, with a usable key if it has one in the file, and is unchanged
   * - 'replaced': it was, and now has the key from the file
   * - 'not-added': it is self-signed, and `trustRoot` was not set
   */
  readonly action: 'added' | 'present' | 'replaced' | 'not-added';
}

export interface ExecuteOptions {
  /** Replaces the name in the file; only for identities. */
  readonly friendlyName?: string | undefined;
  readonly trustRoot: boolean;
  /** What to do if an identity is there already. */
  readonly onExisting: 'keep' | 'replace' | 'error';
  readonly signal?: AbortSignal | undefined;
  /** Called when everything is in place. If it fails, everything is undone. */
  readonly last?: (() => Promise<void>) | undefined;
}

/**
 * Executes a plan completely, or not at all if anything fails.
 *
 * @throws what failed; ERR_SCHANNEL_IMPORT_LEFTOVERS if not everything could be undone
 */
export async function executePlan<Entry extends TargetCertificate>(
  plan: ImportPlan,
  target: ImportTarget<Entry>,
  options: ExecuteOptions,
): Promise<Placement<Entry>[]> {
  const undo = new Undo();
  const run = new Run(target, options, undo);
  let isDone = false;
  try {
    const placements = await run.all(plan);
    await options.last?.();
    undo.forget();
    await run.removeReplacedKeys();
    isDone = true;
    return placements;
  } catch (error) {
    throw await undo.rollBack(error);
  } finally {
    await target.end(isDone);
  }
}

class Run<Entry extends TargetCertificate> {
  readonly #target: ImportTarget<Entry>;
  readonly #options: ExecuteOptions;
  readonly #undo: Undo;
  readonly #keys: ImportedKeys;
  /** Keys that an import created, and that certificates had before they were replaced. */
  readonly #replaced: NativeKeyLocation[] = [];

  constructor(target: ImportTarget<Entry>, options: ExecuteOptions, undo: Undo) {
    this.#target = target;
    this.#options = options;
    this.#undo = undo;
    this.#keys = new ImportedKeys(target, undo);
  }

  async all(plan: ImportPlan): Promise<Placement<Entry>[]> {
    const placements: Placement<Entry>[] = [];
    for (const identity of plan.identities) placements.push(await this.#identity(identity));
    for (const other of plan.others) placements.push(await this.#plain('own', 'certificate', other));
    for (const each of plan.authorities) placements.push(await this.#plain('CA', 'authority', each));
    await this.#keys.removeUnused();
    // Last: Windows may ask the user, and would ask again for every root that is removed.
    for (const root of plan.roots) placements.push(await this.#root(root));
    return placements;
  }

  async #identity(identity: PlannedIdentity, again = false): Promise<Placement<Entry>> {
    this.#checkSignal();
    const { certificate, key } = identity;
    const store = await this.#target.store('own');
    const [existing] = await store.find({ thumbprint: certificate.fingerprint256 });
    if (existing === undefined) {
      const added = await this.#add(store, identity);
      if (added !== null) {
        return { certificate: added, role: 'identity', store: store.path, action: 'added' };
      }
      // Another process added it in the meantime.
      if (!again) return this.#identity(identity, true);
    }
    const { onExisting } = this.#options;
    if (onExisting === 'error' || existing === undefined) throw exists(store, certificate);
    const usable = (await existing.inspectKey())?.usable === true;
    if (onExisting === 'keep' && usable) {
      return { certificate: existing, role: 'identity', store: store.path, action: 'present' };
    }
    const former = usable ? existing.keyLocation : null;
    if (former !== null && isOurs(former)) await this.#target.noteKey(former);
    // A copy of the existing one, since 'inherit' keeps the former key in Wine.
    const replacement = await store.add(existing, {
      onExisting: 'replace',
      keyLocation: await this.#keys.locationOf(key),
      ...this.#nameOf(identity),
    });
    this.#keys.use(key);
    this.#undo.push(`the new key of ${describe(store, certificate)}`, async () => {
      await store.add(existing, { onExisting: 'replace' });
    });
    if (former !== null && isOurs(former)) this.#replaced.push(former);
    return { certificate: replacement, role: 'identity', store: store.path, action: 'replaced' };
  }

  /** Null if another process added it in the meantime. */
  async #add(store: TargetStore<Entry>, identity: PlannedIdentity): Promise<Entry | null> {
    const { certificate, key } = identity;
    const keyLocation = await this.#keys.locationOf(key);
    let added: Entry;
    try {
      added = await store.add(certificate.raw, {
        onExisting: 'error',
        keyLocation,
        ...this.#nameOf(identity),
      });
    } catch (error) {
      if (error instanceof SchannelError && error.code === 'ERR_SCHANNEL_STORE_EXISTS') return null;
      // It may be there nevertheless: its answer needs memory, too. Only ours has this key.
      this.#undo.push(describe(store, certificate), async () => {
        const [found] = await store.find({ thumbprint: certificate.fingerprint256 });
        if (found?.keyLocation?.container === keyLocation.container) await store.remove(found);
      });
      throw error;
    }
    this.#keys.use(key);
    this.#undo.push(describe(store, certificate), () => store.remove(added));
    return added;
  }

  async #plain(
    storeRole: Exclude<StoreRole, 'Root'>,
    role: ImportRole,
    certificate: X509Certificate,
  ): Promise<Placement<Entry>> {
    this.#checkSignal();
    return this.#keepOrAdd(await this.#target.store(storeRole), role, certificate, {});
  }

  async #root(certificate: X509Certificate): Promise<Placement<Entry>> {
    this.#checkSignal();
    const store = await this.#target.store('Root');
    const { trustRoot } = this.#options;
    if (trustRoot) return this.#keepOrAdd(store, 'root', certificate, { trustRoot });
    const [existing] = await store.find({ thumbprint: certificate.fingerprint256 });
    return {
      certificate: existing ?? this.#target.outside(certificate.raw),
      role: 'root',
      store: store.path,
      action: existing === undefined ? 'not-added' : 'present',
    };
  }

  async #keepOrAdd(
    store: TargetStore<Entry>,
    role: ImportRole,
    certificate: X509Certificate,
    options: { readonly trustRoot?: boolean },
  ): Promise<Placement<Entry>> {
    const [existing] = await store.find({ thumbprint: certificate.fingerprint256 });
    if (existing !== undefined && !this.#target.isTemporary(existing)) {
      return { certificate: existing, role, store: store.path, action: 'present' };
    }
    const onExisting = existing === undefined ? 'keep' : 'replace';
    const added = await store.add(certificate.raw, { onExisting, ...options });
    this.#undo.push(describe(store, certificate), async () => {
      if (existing === undefined) await store.remove(added);
      else await store.add(existing, { onExisting: 'replace' });
    });
    return { certificate: added, role, store: store.path, action: 'added' };
  }

  #nameOf({ friendlyName }: PlannedIdentity): { friendlyName?: string } {
    const name = this.#options.friendlyName ?? friendlyName;
    return name === null ? {} : { friendlyName: name };
  }

  /**
   * Removes the keys that certificates had before they were replaced, if no other certificate of the store has them.
   * This can't be undone, so it comes last.
   *
   * @throws SchannelError ERR_SCHANNEL_IMPORT_LEFTOVERS
   */
  async removeReplacedKeys(): Promise<void> {
    if (this.#replaced.length === 0) return;
    const left = await (await this.#target.store('own')).find({});
    const used = new Set(left.map(({ keyLocation }) => keyLocation?.container));
    for (const location of this.#replaced) {
      if (used.has(location.container)) continue;
      await this.#target.removeKey(location).catch((cause: unknown) => {
        throw keyLeft(location, cause);
      });
    }
  }

  #checkSignal(): void {
    this.#options.signal?.throwIfAborted();
  }
}

/** How the names of keys from an import start; see newContainerName(IMPORT_PURPOSE). */
export const IMPORT_PURPOSE = 'import';
const IMPORTED = `schannel-${IMPORT_PURPOSE}-`;

/** Only keys that an import created are deleted with their last certificate: nothing else uses them. */
const isOurs = ({ container }: NativeKeyLocation): boolean => container.startsWith(IMPORTED);

const describe = ({ path }: { readonly path: string }, { fingerprint }: X509Certificate): string =>
  `the certificate ${path}\\${fingerprint.replaceAll(':', '')}`;

const exists = (store: { readonly path: string }, certificate: X509Certificate): SchannelError =>
  new SchannelError('ERR_SCHANNEL_STORE_EXISTS', `There is ${describe(store, certificate)} already`, {
    phase: 'store',
    advice: 'Import it with onExisting "keep" or "replace", or remove it first.',
  });

const keyLeft = ({ container }: NativeKeyLocation, cause: unknown): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_IMPORT_LEFTOVERS',
    `The import is done, but the key "${container}", which a certificate had before, could not be removed`,
    { advice: 'Remove it by hand.', cause },
  );
