import { invalidType } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { operations, type StoreMessage, type StoreWork } from '../../base/trace/channels.js';
import { encodedList } from '../../formats/x509/revocation-list.js';
import { native } from '../../native/load.js';
import type { NativeCertificate, NativeStore } from '../../native/store-binding.js';
import { Certificate, type CertificateHome, type PropertyChange } from './certificate.js';
import { isManaged, type StoreLocation } from './locations.js';
import { newestValidFirst } from './order.js';
import { type CertificateQuery, matcherOf } from './query.js';
import { parseReference } from './reference.js';
import { promptsUser, requireConsent, requireDesktop } from './root-rules.js';
import { type CertificateSource, prepareCertificate } from './source.js';
import {
  listNative,
  listRevocations,
  openNative,
  type StoreAccess,
  type StoreSystem,
  withStore,
} from './store-access.js';
import { parseStoreName, type StoreName } from './store-name.js';
import {
  type AddCertificateOptions,
  onExistingOf,
  type OpenStoreOptions,
  type RemoveCertificateOptions,
} from './store-options.js';
import { StoreWriter } from './store-writer.js';
import { storeWrites } from './store-writes.js';
import type { StoreWatcher, WatchOptions } from './watch.js';
import { watchStore } from './watched-store.js';

/**
 * Opens a certificate store of Windows: 'MY' (also called 'Personal'), 'Root', 'LocalMachine\\MY', …, for writing if
 * this account may. Close it after use, or declare it with `using`.
 *
 * @throws SchannelError ERR_SCHANNEL_STORE_NAME, ERR_SCHANNEL_STORE_NOT_FOUND, ERR_SCHANNEL_STORE_ACCESS_DENIED
 */
export const openStore = async (name: string, options: OpenStoreOptions = {}): Promise<CertificateStore> =>
  openStoreOf(native(), name, options);

/** As {@link openStore}, with any implementation of Windows' functions. */
export async function openStoreOf(
  system: StoreSystem,
  name: string,
  options: OpenStoreOptions = {},
): Promise<CertificateStore> {
  const { location, readOnly = false, create = false, archived = false } = options;
  for (const [option, value] of Object.entries({ readOnly, create, archived })) {
    if (typeof value !== 'boolean') throw invalidType(option, 'of type boolean', value);
  }
  const parsed = parseStoreName(name, location);
  const access = { readOnly, create, archived };
  const opened = await follow('open', parsed.path, () => openNative(system, parsed, access));
  return new CertificateStore(system, opened, parsed, access);
}

const follow = <Value>(
  work: StoreWork,
  store: string,
  done: () => Promise<Value>,
  thumbprintOf: () => string | null = () => null,
  factsOf: (value: Value) => Partial<StoreMessage> = () => ({}),
): Promise<Value> => operations.store.run(() => ({ work, store, thumbprint: thumbprintOf() }), done, factsOf);

/**
 * How long after opening, in milliseconds, a store's first list still counts as current. After that it is opened
 * again, since an open store keeps what it read. CERT_STORE_CTRL_RESYNC is an alternative, but takes seconds in Wine
 * for a large store.
 */
const FRESH_MS = 50;

/** A store of Windows. Closing it closes every certificate that came from it. */
export class CertificateStore implements Disposable, AsyncIterable<Certificate> {
  readonly name: string;
  readonly location: StoreLocation;
  /** 'CurrentUser\\MY'. */
  readonly path: string;
  /** False if it was opened for reading, or if policy fills it; null if only a write shows it. */
  readonly writable: boolean | null;
  readonly #system: StoreSystem;
  readonly #storeName: StoreName;
  readonly #access: StoreAccess;
  readonly #given = new Set<Certificate>();
  readonly #watchers = new Set<{ end(): void }>();
  readonly #home: CertificateHome;
  readonly #writer: StoreWriter;
  #native: NativeStore | null;
  /** Until when the native store is current (performance.now()), if nothing was written since. */
  #freshUntil = performance.now() + FRESH_MS;
  readonly #writesBefore = storeWrites.count;

  /** Internal: takes ownership of the native store. */
  constructor(system: StoreSystem, store: NativeStore, name: StoreName, access: StoreAccess) {
    this.#system = system;
    this.#native = store;
    this.#storeName = name;
    // Now it exists. If it is deleted later, opening it must not create it again.
    this.#access = { ...access, create: false };
    this.name = name.name;
    this.location = name.location;
    this.path = name.path;
    this.writable = access.readOnly || isManaged(name.location) ? false : null;
    this.#writer = new StoreWriter(system, name);
    this.#home = {
      path: name.path,
      change: (certificate, work) => this.change(certificate, work),
      forget: (certificate) => void this.#given.delete(certificate),
    };
  }

  /** Internal: the store as it was opened. @throws SchannelError ERR_SCHANNEL_USAGE_CLOSED */
  get native(): NativeStore {
    if (this.#native === null) throw closed(this.path);
    return this.#native;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Certificate> {
    yield* await this.all();
  }

  /** Every certificate: valid ones first, among these those of an authority before self-signed ones, newest first. */
  async all(): Promise<Certificate[]> {
    return newestValidFirst(this.#give(await this.#list()));
  }

  /**
   * The certificates that match the whole query, in the order of {@link all}.
   * @throws TypeError ERR_INVALID_ARG_VALUE, ERR_INVALID_ARG_TYPE for an invalid criterion
   */
  async find(query: CertificateQuery = {}): Promise<Certificate[]> {
    const matches = matcherOf(query);
    const certificates = this.#give(await this.#list());
    const found = new Set<Certificate>();
    try {
      for (const certificate of certificates) if (await matches(certificate)) found.add(certificate);
      return newestValidFirst([...found]);
    } catch (error) {
      found.clear();
      throw error;
    } finally {
      for (const certificate of certificates) if (!found.has(certificate)) certificate.close();
    }
  }

  /** The first result of {@link find}; null if there is none. */
  async findOne(query: CertificateQuery): Promise<Certificate | null> {
    const [first, ...others] = await this.find(query);
    for (const other of others) other.close();
    return first ?? null;
  }

  /**
   * Adds a copy to the store, with friendly name and key.
   *
   * @throws SchannelError ERR_SCHANNEL_STORE_READ_ONLY, ERR_SCHANNEL_STORE_ACCESS_DENIED, ERR_SCHANNEL_STORE_EXISTS,
   *   ERR_SCHANNEL_OPTION_CERTIFICATE; for CurrentUser\Root, where Windows asks the person at the machine,
   *   ERR_SCHANNEL_STORE_TRUST_UNCONFIRMED, and ERR_SCHANNEL_STORE_CANCELLED if nobody can be asked or the answer is
   *   no
   */
  async add(source: CertificateSource, options: AddCertificateOptions = {}): Promise<Certificate> {
    const onExisting = onExistingOf(options, this.name);
    this.#requireWritable();
    const prepared = await prepareCertificate(this.#system, source, options);
    try {
      if (promptsUser(this)) {
        const present = onExisting === 'keep' ? await this.#find(prepared) : null;
        if (present !== null) return present;
        requireConsent(options.trustRoot);
        requireDesktop(this.#system);
      }
      const added = await this.#follow(
        'add',
        () => this.#writer.add(prepared, onExisting),
        () => new Certificate(prepared, null).thumbprint,
      );
      return this.#giveOne(added);
    } finally {
      prepared.close();
    }
  }

  /**
   * Removes a certificate, given as an object or by thumbprint, from the store.
   *
   * @throws SchannelError ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND, ERR_SCHANNEL_STORE_READ_ONLY,
   *   ERR_SCHANNEL_STORE_ACCESS_DENIED; ERR_SCHANNEL_STORE_CANCELLED for CurrentUser\Root as {@link add}; with its key
   *   ERR_SCHANNEL_STORE_KEY_SHARED, ERR_SCHANNEL_KEY_MISMATCH and other errors of the key, before anything is removed
   */
  async remove(certificate: Certificate | string, options: RemoveCertificateOptions = {}): Promise<void> {
    this.#requireWritable();
    const thumbprint = typeof certificate === 'string' ? this.#named(certificate) : certificate.thumbprint;
    if (promptsUser(this)) requireDesktop(this.#system);
    const withKey = options.withKey === true;
    await this.#follow(
      'remove',
      () => this.#writer.remove(thumbprint, withKey),
      () => thumbprint,
    );
  }

  /** The revocation lists in the store, DER. */
  async revocationLists(): Promise<Buffer[]> {
    if (this.#native === null) throw closed(this.path);
    const lists = await this.#follow('list-revocation-lists', () =>
      withStore(this.#system, this.#storeName, this.#access, listRevocations),
    );
    return lists.map((list) => Buffer.from(list));
  }

  /**
   * Adds a revocation list. In the store CA, Windows finds it without the addresses in certificates. It takes the place
   * of an older one of its issuer. Its signature is not checked here; Windows does when it uses the list.
   *
   * @param list DER or PEM
   * @returns false if the store has this one already, or a newer one
   * @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE for what is no list, ERR_SCHANNEL_STORE_READ_ONLY,
   *   ERR_SCHANNEL_STORE_ACCESS_DENIED
   */
  async addRevocationList(list: string | Uint8Array): Promise<boolean> {
    const der = encodedList(list);
    this.#requireWritable();
    return this.#follow('add-revocation-list', () => this.#writer.addRevocationList(der));
  }

  /**
   * Removes a revocation list.
   *
   * @param list DER or PEM
   * @returns whether it was there
   * @throws as {@link addRevocationList}
   */
  async removeRevocationList(list: string | Uint8Array): Promise<boolean> {
    const der = encodedList(list);
    this.#requireWritable();
    return this.#follow('remove-revocation-list', () => this.#writer.removeRevocationList(der));
  }

  /**
   * Reports changes from now on, including those by other processes. @throws TypeError, RangeError for wrong options
   */
  watch(options: WatchOptions = {}): StoreWatcher<Certificate> {
    const { native, path } = this;
    const give = (certificate: NativeCertificate): Certificate => this.#giveOne(certificate);
    const list = (): Promise<readonly NativeCertificate[]> =>
      withStore(this.#system, this.#storeName, this.#access, listNative);
    return watchStore(this.#system, { native, path, watchers: this.#watchers, list, give }, options);
  }

  /** Ends its watchers and closes the store and all certificates that came from it. Idempotent. */
  close(): void {
    for (const watcher of this.#watchers) watcher.end();
    for (const certificate of this.#given) certificate.close();
    this.#given.clear();
    this.#native?.close();
    this.#native = null;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Internal: changes properties in the store and in the caller's certificate. */
  async change(certificate: Certificate, work: PropertyChange): Promise<void> {
    this.#requireWritable();
    const { thumbprint } = certificate;
    await this.#follow(
      'change',
      () => this.#writer.change(thumbprint, work),
      () => thumbprint,
    );
    await work(certificate.native);
  }

  #list(): Promise<readonly NativeCertificate[]> {
    return follow(
      'list',
      this.path,
      () => this.#present(),
      undefined,
      ({ length }) => ({ count: length }),
    );
  }

  #follow<Value>(
    work: StoreWork,
    done: () => Promise<Value>,
    thumbprintOf?: () => string | null,
  ): Promise<Value> {
    return follow(work, this.path, done, thumbprintOf);
  }

  async #present(): Promise<readonly NativeCertificate[]> {
    const { native } = this;
    const isFresh = performance.now() < this.#freshUntil && storeWrites.count === this.#writesBefore;
    this.#freshUntil = 0;
    if (isFresh) return listNative(native);
    return withStore(this.#system, this.#storeName, this.#access, listNative);
  }

  /** Makes this store the owner of the certificates, unless it was closed meanwhile. */
  #give(natives: readonly NativeCertificate[]): Certificate[] {
    if (this.#native === null) for (const each of natives) each.close();
    return natives.map((each) => this.#giveOne(each));
  }

  #giveOne(native: NativeCertificate): Certificate {
    if (this.#native === null) {
      native.close();
      throw closed(this.path);
    }
    const certificate = new Certificate(native, this.#home);
    this.#given.add(certificate);
    return certificate;
  }

  #find(certificate: NativeCertificate): Promise<Certificate | null> {
    return this.findOne({ thumbprint: new Certificate(certificate, null).thumbprint });
  }

  /** The thumbprint of a reference. */
  #named(reference: string): string {
    const { store, thumbprint } = parseReference(reference);
    if (store === null || store.path === this.path) return thumbprint;
    throw new SchannelError('ERR_SCHANNEL_STORE_NAME', `'${reference}' is not in ${this.path}`, {
      phase: 'store',
    });
  }

  #requireWritable(): void {
    if (this.#native === null) throw closed(this.path);
    if (this.writable !== false) return;
    throw new SchannelError(
      'ERR_SCHANNEL_STORE_READ_ONLY',
      `The store ${this.path} is open for reading only`,
      {
        phase: 'store',
        advice: isManaged(this.location)
          ? 'Policy fills it; change it where the policy is made.'
          : 'Open it without readOnly.',
      },
    );
  }
}

const closed = (path: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_USAGE_CLOSED', `The store ${path} is closed`, { phase: 'store' });
