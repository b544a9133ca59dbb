import { type KeyObject } from 'node:crypto';
import { readOwners } from '../temporary-identity/owner-list.js';
import { sweepJournal } from '../temporary-identity/sweep-journal.js';
import { newContainerName } from '../key/container-name.js';
import { persistKey, removeKey } from '../key/keys.js';
import { nameOf } from '../key/locations.js';
import { KeyJournal } from '../key-journal/key-journal.js';
import { native } from '../../native/load.js';
import type { NativeKeyLocation } from '../../native/store-binding.js';
import { Certificate } from '../store/certificate.js';
import { OWN_PROPERTY, readProperty } from '../store/properties.js';
import { parseStoreName } from '../store/store-name.js';
import { type CertificateStore, openStore } from '../store/store.js';
import { IMPORT_PURPOSE } from './execute-plan.js';
import { type ImportOptions } from './import-options.js';
import { type ImportTarget, type StoreRole } from './import-target.js';

/** Windows' stores and keys. What it returned stays open until it is disposed. */
export class WindowsTarget implements ImportTarget<Certificate>, Disposable {
  readonly #own: CertificateStore;
  readonly #options: ImportOptions;
  /** Stores that were opened here, not by the caller. */
  readonly #open = new Map<StoreRole, CertificateStore>();
  readonly #outside: Certificate[] = [];
  readonly #journal = new KeyJournal(native());

  private constructor(own: CertificateStore, options: ImportOptions) {
    this.#own = own;
    this.#options = options;
  }

  /**
   * Before that, the keys go that killed processes have left.
   * @throws SchannelError ERR_SCHANNEL_STORE_NAME, ERR_SCHANNEL_STORE_NOT_FOUND, ERR_SCHANNEL_STORE_ACCESS_DENIED
   */
  static async open(options: ImportOptions): Promise<WindowsTarget> {
    const target = await WindowsTarget.#openOwn(options);
    await target.#sweep();
    return target;
  }

  static async #openOwn(options: ImportOptions): Promise<WindowsTarget> {
    const { store = 'MY', location } = options;
    if (typeof store !== 'string') return new WindowsTarget(store, options);
    // Archived certificates count as present.
    const own = await openStore(store, { archived: true, ...(location !== undefined && { location }) });
    const target = new WindowsTarget(own, options);
    target.#open.set('own', own);
    return target;
  }

  async store(role: StoreRole): Promise<CertificateStore> {
    if (role === 'own') return this.#own;
    const known = this.#open.get(role);
    if (known !== undefined) return known;
    const readOnly = role === 'Root' && this.#options.trustRoot !== true;
    const store = await openStore(siblingOf(this.#own.path, role), { readOnly });
    this.#open.set(role, store);
    return store;
  }

  async noteKey(location: NativeKeyLocation): Promise<void> {
    await this.#journal.note(nameOf(location), this.#own.path);
  }

  async keepKey(key: KeyObject): Promise<NativeKeyLocation> {
    const { provider, exportable = false } = this.#options;
    const name = {
      container: newContainerName(IMPORT_PURPOSE),
      machine: this.#isOfMachine,
      exportable,
      ...(provider !== undefined && { provider }),
    };
    await this.#journal.note(name, this.#own.path);
    return persistKey(key, name);
  }

  removeKey(location: NativeKeyLocation): Promise<void> {
    return removeKey(location);
  }

  /** What could not be undone, a sweep does: at once, or that of a later process. */
  async end(isDone: boolean): Promise<void> {
    if (isDone) {
      await this.#journal.done();
    } else {
      this.#journal.giveUp();
      await this.#sweep();
    }
  }

  get #isOfMachine(): boolean {
    return !this.#own.location.startsWith('CurrentUser');
  }

  /** Errors are ignored. sweepOrphans() reports them. */
  async #sweep(): Promise<void> {
    await sweepJournal(native(), this.#isOfMachine);
  }

  /** A connection with a PFX publishes its authorities in the user's CA store while it needs them. */
  isTemporary(entry: Certificate): boolean {
    return readOwners(readProperty(entry.native, OWN_PROPERTY.owners)) !== null;
  }

  outside(certificate: Uint8Array): Certificate {
    const outside = new Certificate(native().createCertificate(certificate), null);
    this.#outside.push(outside);
    return outside;
  }

  [Symbol.dispose](): void {
    for (const store of this.#open.values()) store.close();
    for (const certificate of this.#outside) certificate.close();
  }
}

/** 'LocalMachine\\WebHosting' → 'LocalMachine\\CA'. */
function siblingOf(path: string, name: string): string {
  const { location, computer, owner } = parseStoreName(path);
  const host = computer === null ? null : `\\\\${computer}`;
  return [location, host, owner, name].filter((part) => part !== null).join('\\');
}
