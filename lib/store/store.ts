import { X509Certificate } from 'node:crypto';
import { argumentError, invalidType } from '../errors/argument-error.js';
import { errorFromNative } from '../errors/from-status.js';
import { SchannelError } from '../errors/schannel-error.js';
import { native } from '../native/load.js';
import { endOf, outcomeOf } from '../native/promises.js';
import type { NativeCertificate, NativeKeyLocation, NativeStore } from '../native/store-binding.js';
import { Certificate, type CertificateHome, type PropertyChange } from './certificate.js';
import { unreadable } from './der.js';
import { defaultOnExisting, dispositionOf, isOnExisting, type OnExisting } from './dispositions.js';
import { isManaged, isOfUser, type StoreLocation } from './locations.js';
import { newestValidFirst } from './order.js';
import { PROPERTY, writeKeyLocation, writeText } from './properties.js';
import { type CertificateQuery, matcherOf } from './query.js';
import { parseReference } from './reference.js';
import { commit, listNative, openNative, resync } from './store-access.js';
import { parseStoreName, type StoreName } from './store-name.js';
import type { StoreWatcher, WatchOptions } from './watch.js';
import { watchStore } from './watched-store.js';

export interface OpenStoreOptions {
  /** Where the store is, if its name does not say; default 'CurrentUser'. */
  readonly location?: StoreLocation;
  /** Ask for no right to write. Default false: what this account may do decides. */
  readonly readOnly?: boolean;
  /** Make the store if there is none. Default false, since a mistyped name would make one. */
  readonly create?: boolean;
  /** Also list archived certificates. Default false, as in Windows. */
  readonly archived?: boolean;
}

/** A certificate, or what it is read from: DER, PEM, Node's own. */
export type CertificateSource = Certificate | Uint8Array | string | X509Certificate;

export interface AddCertificateOptions {
  /**
   * What to do when it is there already: 'error' (ERR_SCHANNEL_STORE_EXISTS), 'keep', 'replace', or 'inherit': replace,
   * and keep name and key where none come along. Default 'keep' for authorities (Root, CA, AuthRoot), else 'inherit'.
   */
  readonly onExisting?: OnExisting;
  readonly friendlyName?: string;
  /** Where its private key is. */
  readonly keyLocation?: NativeKeyLocation;
  /** Says that this is meant: a root in CurrentUser\Root is trusted by whatever this user runs. */
  readonly trustRoot?: boolean;
}

/**
 * Opens a certificate store of Windows: 'MY' (also called 'Personal'), 'Root', 'LocalMachine\\MY', …, for writing where
 * this account may. Close it after use, or declare it by `using`.
 *
 * @throws SchannelError ERR_SCHANNEL_STORE_NAME, ERR_SCHANNEL_STORE_NOT_FOUND, ERR_SCHANNEL_STORE_ACCESS_DENIED
 */
export async function openStore(name: string, options: OpenStoreOptions = {}): Promise<CertificateStore> {
  const { location, readOnly = false, create = false, archived = false } = options;
  for (const [option, value] of Object.entries({ readOnly, create, archived })) {
    if (typeof value !== 'boolean') throw invalidType(option, 'of type boolean', value);
  }
  const parsed = parseStoreName(name, location);
  return new CertificateStore(await openNative(parsed, { readOnly, create, archived }), parsed, readOnly);
}

/** An open store. Closing it closes every certificate that it gave. */
export class CertificateStore implements Disposable, AsyncIterable<Certificate> {
  readonly name: string;
  readonly location: StoreLocation;
  /** 'CurrentUser\\MY'. */
  readonly path: string;
  /** False when it was opened for reading, or is filled by policy; null where only trying tells. */
  readonly writable: boolean | null;
  readonly #given = new Set<Certificate>();
  readonly #watchers = new Set<{ end(): void }>();
  readonly #home: CertificateHome;
  #native: NativeStore | null;
  /** Nothing has been listed yet, so that what was read at opening is new. */
  #isFresh = true;

  /** For the library itself: takes over the native store. */
  constructor(store: NativeStore, { name, location, path }: StoreName, readOnly: boolean) {
    this.#native = store;
    this.name = name;
    this.location = location;
    this.path = path;
    this.writable = readOnly || isManaged(location) ? false : null;
    this.#home = {
      path,
      change: (certificate, work) => this.#change(certificate, work),
      forget: (certificate) => void this.#given.delete(certificate),
    };
  }

  /** For the library itself. @throws SchannelError ERR_SCHANNEL_USAGE_CLOSED */
  get native(): NativeStore {
    if (this.#native === null) throw closed(this.path);
    return this.#native;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Certificate> {
    yield* await this.all();
  }

  /** Every certificate, newest valid first. */
  async all(): Promise<Certificate[]> {
    return newestValidFirst(this.#give(await this.#list()));
  }

  /**
   * The certificates for which all of the query holds, newest valid first.
   * @throws TypeError ERR_INVALID_ARG_VALUE, ERR_INVALID_ARG_TYPE for a criterion that cannot be
   */
  async find(query: CertificateQuery = {}): Promise<Certificate[]> {
    const matches = matcherOf(query);
    const certificates = this.#give(await this.#list());
    const found: Certificate[] = [];
    try {
      for (const certificate of certificates) if (await matches(certificate)) found.push(certificate);
    } finally {
      const kept = new Set(found);
      for (const certificate of certificates) if (!kept.has(certificate)) certificate.close();
    }
    return newestValidFirst(found);
  }

  /** The first that {@link find} gives; null when there is none. */
  async findOne(query: CertificateQuery): Promise<Certificate | null> {
    const [first, ...others] = await this.find(query);
    for (const other of others) other.close();
    return first ?? null;
  }

  /**
   * Puts a copy into the store, with name and key, and gives it.
   *
   * @throws SchannelError ERR_SCHANNEL_STORE_READ_ONLY, ERR_SCHANNEL_STORE_ACCESS_DENIED, ERR_SCHANNEL_STORE_EXISTS,
   * ERR_SCHANNEL_OPTION_CERTIFICATE, ERR_SCHANNEL_STORE_TRUST_UNCONFIRMED, ERR_SCHANNEL_STORE_CANCELLED
   */
  async add(certificate: CertificateSource, options: AddCertificateOptions = {}): Promise<Certificate> {
    const { onExisting = defaultOnExisting(this.name) } = options;
    if (!isOnExisting(onExisting)) {
      throw argumentError(
        'ERR_INVALID_ARG_VALUE',
        `The property 'onExisting' is invalid: ${String(onExisting)}`,
      );
    }
    const store = this.#writable();
    if (options.trustRoot !== true && this.name === 'Root' && isOfUser(this.location)) {
      throw unconfirmed();
    }
    const source = await prepare(certificate, options);
    try {
      const added = await outcomeOf<NativeCertificate>(
        { phase: 'store', text: `The certificate could not be added to ${this.path}` },
        (callback) => {
          store.add(source.native, dispositionOf(onExisting), callback);
        },
      );
      await commit(store, 'certificates');
      return this.#giveOne(added);
    } finally {
      source.release();
    }
  }

  /**
   * Takes a certificate out of the store.
   * @throws SchannelError ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND, ERR_SCHANNEL_STORE_READ_ONLY,
   * ERR_SCHANNEL_STORE_ACCESS_DENIED
   */
  async remove(certificate: Certificate | string): Promise<void> {
    const store = this.#writable();
    const entry = await this.#entryOf(certificate);
    await endOf(
      { phase: 'store', text: `The certificate could not be removed from ${this.path}` },
      (callback) => {
        store.remove(entry.native, callback);
      },
    );
    await commit(store, 'certificates');
  }

  /** Tells of changes from now on, whoever makes them. @throws TypeError, RangeError for wrong options */
  watch(options: WatchOptions = {}): StoreWatcher<Certificate> {
    const { native, path } = this;
    const give = (certificate: NativeCertificate): Certificate => this.#giveOne(certificate);
    return watchStore({ native, path, watchers: this.#watchers, give }, options);
  }

  /** Ends its watchers, and gives the store and all certificates that came out of it back to Windows; idempotent. */
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

  async #list(): Promise<readonly NativeCertificate[]> {
    const store = this.native;
    if (!this.#isFresh) await resync(store);
    this.#isFresh = false;
    return listNative(store);
  }

  /** Makes this store answer for the certificates, unless it was closed meanwhile. */
  #give(natives: readonly NativeCertificate[]): Certificate[] {
    if (this.#native === null) {
      for (const each of natives) each.close();
      throw closed(this.path);
    }
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

  #writable(): NativeStore {
    const { native: store } = this;
    if (this.writable !== false) return store;
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

  async #change(certificate: Certificate, work: PropertyChange): Promise<void> {
    const store = this.#writable();
    await work(certificate.native);
    await commit(store, 'properties');
  }

  /** The entry of this very store. */
  async #entryOf(certificate: Certificate | string): Promise<Certificate> {
    if (typeof certificate !== 'string' && certificate.isOf(this.#home)) return certificate;
    const thumbprint =
      typeof certificate === 'string' ? parseReference(certificate).thumbprint : certificate.thumbprint;
    const entry = await this.findOne({ thumbprint });
    if (entry !== null) return entry;
    throw new SchannelError(
      'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND',
      `There is no certificate ${thumbprint} in ${this.path}`,
      { phase: 'store' },
    );
  }
}

/** A native certificate, and what to do with it afterwards. */
interface Prepared {
  readonly native: NativeCertificate;
  release(): void;
}

/** The certificate with name and key set: Wine keeps only what is set before it is added. */
async function prepare(
  source: CertificateSource,
  { friendlyName, keyLocation }: AddCertificateOptions,
): Promise<Prepared> {
  const isChanged = friendlyName !== undefined || keyLocation !== undefined;
  if (source instanceof Certificate && !isChanged) {
    return { native: source.native, release: () => undefined };
  }
  const certificate = source instanceof Certificate ? await copyOf(source.native) : decode(source);
  try {
    if (friendlyName !== undefined) await writeText(certificate, PROPERTY.friendlyName, friendlyName);
    if (keyLocation !== undefined) await writeKeyLocation(certificate, keyLocation);
  } catch (error) {
    certificate.close();
    throw error;
  }
  return {
    native: certificate,
    release: () => {
      certificate.close();
    },
  };
}

/** CERT_STORE_PROV_MEMORY and CERT_STORE_CREATE_NEW_FLAG. */
const MEMORY = { provider: 2, flags: 0x2000, name: '' } as const;
/** CERT_STORE_ADD_ALWAYS */
const ADD_ALWAYS = 4;

/** A certificate by itself with the properties of another. */
async function copyOf(certificate: NativeCertificate): Promise<NativeCertificate> {
  const undertaking = { phase: 'store', text: 'The certificate could not be copied' } as const;
  const store = await outcomeOf<NativeStore>(undertaking, (callback) => {
    native().openStore(MEMORY, callback);
  });
  try {
    return await outcomeOf(undertaking, (callback) => {
      store.add(certificate, ADD_ALWAYS, callback);
    });
  } finally {
    store.close();
  }
}

/** @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE */
function decode(source: Uint8Array | string | X509Certificate): NativeCertificate {
  const der = derOf(source);
  try {
    return native().createCertificate(der);
  } catch (thrown) {
    const cause = errorFromNative(thrown, 'store');
    throw cause === thrown ? thrown : unreadable(cause);
  }
}

function derOf(source: Uint8Array | string | X509Certificate): Uint8Array {
  if (source instanceof X509Certificate) return source.raw;
  // 0x30 begins DER; a PEM file may have text before its first line.
  if (source instanceof Uint8Array && source[0] === 0x30) return source;
  if (typeof source !== 'string' && !(source instanceof Uint8Array)) {
    throw invalidType('certificate', 'a certificate, PEM or DER', source);
  }
  try {
    return new X509Certificate(source).raw;
  } catch (cause) {
    throw unreadable(cause);
  }
}

const unconfirmed = (): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_STORE_TRUST_UNCONFIRMED',
    'A certificate in CurrentUser\\Root is trusted as a root by all programs of this user',
    {
      phase: 'store',
      advice:
        'Give { trustRoot: true } if that is meant; Windows then asks the person at the machine. LocalMachine\\Root asks nobody and needs an administrator.',
    },
  );

const closed = (path: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_USAGE_CLOSED', `The store ${path} is closed`, { phase: 'store' });
