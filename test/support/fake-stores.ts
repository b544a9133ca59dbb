import { once } from 'node:events';
import type {
  AddOptions,
  EntryChange,
  EntryQuery,
  Examination,
  ImportOutcome,
  OpenOptions,
  OpenStore,
  PreparedFile,
  StoreEntry,
} from '#lib/cli/commands/cert/library.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import type { ExportPemOptions, ExportPfxOptions } from '#lib/windows/import-export/export.js';
import type { ReadImportOptions, RunImportOptions } from '#lib/windows/import-export/import-options.js';
import { type ImportPreview, prepareImport } from '#lib/windows/import-export/import.js';
import type { Finding, IdentityRole } from '#lib/tls/identity/preflight/finding.js';
import type { SelfSignedOptions } from '#lib/windows/issue/self-signed-options.js';
import type { KeyInspection } from '#lib/windows/store/certificate.js';
import { CertificateContents } from '#lib/formats/x509/certificate-contents.js';
import { newestValidFirst } from '#lib/windows/store/order.js';
import { matcherOf } from '#lib/windows/store/query.js';
import { formatReference } from '#lib/windows/store/reference.js';
import { parseStoreName } from '#lib/windows/store/store-name.js';

export interface FakeEntryOptions {
  readonly friendlyName?: string;
  readonly archived?: boolean;
  /** What opening the private key gives; default there is none. */
  readonly key?: KeyInspection;
}

/** A certificate in a store that is none of Windows'. */
export class FakeEntry extends CertificateContents implements StoreEntry {
  readonly friendlyName: string | null;
  readonly archived: boolean;
  readonly #key: KeyInspection | null;

  constructor(
    der: Uint8Array,
    readonly path: string,
    readonly options: FakeEntryOptions = {},
  ) {
    super(der);
    this.friendlyName = options.friendlyName ?? null;
    this.archived = options.archived ?? false;
    this.#key = options.key ?? null;
  }

  get hasPrivateKey(): boolean {
    return this.#key !== null;
  }

  get extendedKeyUsage(): readonly string[] | null {
    return this.encodedKeyUsage;
  }

  get reference(): string {
    return formatReference(this.path, this.thumbprint);
  }

  inspectKey(): Promise<KeyInspection | null> {
    return Promise.resolve(this.#key);
  }

  close(): void {
    // Nothing of Windows is held.
  }
}

/** A key in software that can be used. */
export const USABLE_KEY: KeyInspection = {
  usable: true,
  api: 'cng',
  provider: 'Microsoft Software Key Storage Provider',
  container: 'a',
  uniqueName: null,
  algorithm: 'ec',
  bits: 256,
  curve: 'P-256',
  hardware: false,
  removable: false,
  exportable: 'yes',
  machine: false,
};

/** Certificate stores in memory that take the names of Windows' own. */
export class FakeStores {
  readonly #stores = new Map<string, FakeEntry[]>([
    ['CurrentUser\\MY', []],
    ['CurrentUser\\Root', []],
  ]);
  /** Stores that were opened and not closed. */
  open = 0;
  /** What was done, in order: 'remove CurrentUser\\MY ABCD… with key'. */
  readonly changes: string[] = [];
  /** DER that createSelfSigned() makes. */
  made: Uint8Array | null = null;
  /** What createSelfSigned() was asked for. */
  readonly requests: SelfSignedOptions[] = [];
  /** What was imported, under which password and with which options, and how many of the results were disposed of. */
  readonly imports: { readonly password: string | undefined; readonly options: RunImportOptions }[] = [];
  disposed = 0;
  /** Called when a file was read for an import. */
  onPrepared: () => void = () => undefined;
  /** What exportPfx() and exportPem() were asked for. */
  readonly exports: (ExportPfxOptions | ExportPemOptions)[] = [];
  /** What preflight() was asked, and what it finds. */
  readonly examined: string[] = [];
  findings: readonly Finding[] = [];
  /** What watch() tells. */
  coming: readonly EntryChange[] = [];

  /** Puts a certificate into a store, which is made if it is not there. */
  put(path: string, der: Uint8Array, options?: FakeEntryOptions): FakeEntry {
    const entry = new FakeEntry(der, path, options);
    this.#stores.set(path, [...(this.#stores.get(path) ?? []), entry]);
    return entry;
  }

  /** What is in a store. */
  entries(path: string): readonly FakeEntry[] {
    return this.#stores.get(path) ?? [];
  }

  /** openStore() of the library. */
  openStore(name: string, options: OpenOptions): Promise<OpenStore> {
    const { path, name: short, location } = parseStoreName(name, options.location);
    if (!this.#stores.has(path)) {
      return Promise.reject(
        new SchannelError('ERR_SCHANNEL_STORE_NOT_FOUND', `There is no store ${path}`, { phase: 'store' }),
      );
    }
    this.open += 1;
    return Promise.resolve({
      name: short,
      location,
      path,
      all: () => this.#find(path, {}, options.archived === true),
      find: (query) => this.#find(path, query, options.archived === true),
      add: (der, addOptions) => this.#add(path, der, addOptions),
      remove: (thumbprint, { withKey }) => this.#remove(path, thumbprint, withKey),
      watch: ({ signal }) => Object.assign(this.#changes(signal), { started: Promise.resolve() }),
      close: () => {
        this.open -= 1;
      },
    });
  }

  /** createSelfSigned() of the library; the certificate is `made`, whatever is asked for. */
  createSelfSigned(options: SelfSignedOptions): Promise<StoreEntry> {
    this.requests.push(options);
    if (this.made === null) return Promise.reject(new Error('nothing was prepared to be made'));
    const { store, friendlyName } = options;
    if (typeof store !== 'string') return Promise.reject(new TypeError('the commands name stores by path'));
    const entry = this.put(store, this.made, {
      key: USABLE_KEY,
      ...(friendlyName === undefined ? {} : { friendlyName }),
    });
    this.changes.push(`make ${entry.reference}`);
    return Promise.resolve(entry);
  }

  /** prepareImport() of the library; its import says that all of the file was added. */
  async prepareImport(file: Uint8Array, { password }: ReadImportOptions): Promise<PreparedFile> {
    const { preview } = await prepareImport(file, { password });
    this.onPrepared();
    return {
      preview,
      run: (options) => {
        this.imports.push({ password, options });
        return Promise.resolve(this.#imported(preview, options));
      },
    };
  }

  #imported(preview: ImportPreview, { store, trustRoot = false }: RunImportOptions): ImportOutcome {
    if (typeof store !== 'string') throw new TypeError('the commands name stores by path');
    const place = (
      role: ImportOutcome['placements'][number]['role'],
      certificates: readonly { readonly raw: Uint8Array }[],
      where = store,
    ): ImportOutcome['placements'] =>
      certificates.map(({ raw }) => ({
        role,
        store: where,
        action: role === 'root' && !trustRoot ? 'not-added' : 'added',
        certificate: new FakeEntry(raw, where),
      }));
    return {
      placements: [
        ...place(
          'identity',
          preview.identities.map(({ certificate }) => certificate),
        ),
        ...place('authority', preview.authorities, 'CurrentUser\\CA'),
        ...place('root', preview.roots, 'CurrentUser\\Root'),
      ],
      keysWithoutCertificate: preview.keysWithoutCertificate,
      [Symbol.dispose]: () => {
        this.disposed += 1;
      },
    };
  }

  /** exportPfx() of the library. */
  exportPfx(entry: StoreEntry, options: ExportPfxOptions): Promise<Uint8Array> {
    this.exports.push(options);
    return Promise.resolve(Buffer.from(`PFX of ${entry.thumbprint}`));
  }

  /** exportPem() of the library. */
  exportPem(entry: StoreEntry, options: ExportPemOptions): Promise<string> {
    this.exports.push(options);
    return Promise.resolve(entry.pem);
  }

  /** preflight() of the library. */
  preflight(entry: StoreEntry | string, role: IdentityRole): Promise<Examination> {
    this.examined.push(`${typeof entry === 'string' ? entry : (entry.reference ?? '')} ${role}`);
    const { findings } = this;
    return Promise.resolve({ usable: findings.every(({ severity }) => severity !== 'error'), findings });
  }

  /** What is told of first; then nothing comes. */
  async *#changes(signal: AbortSignal | undefined): AsyncGenerator<EntryChange> {
    yield* this.coming;
    if (signal === undefined) return;
    await once(signal, 'abort');
    throw signal.reason;
  }

  #find(path: string, query: EntryQuery, archived: boolean): Promise<FakeEntry[]> {
    const { where, ...criteria } = query;
    // The library's own matcher; of what it asks for, a fake entry has all.
    const matches = matcherOf(criteria) as unknown as (entry: StoreEntry) => boolean;
    const found = this.entries(path).filter(
      (entry) => (archived || !entry.archived) && matches(entry) && (where === undefined || where(entry)),
    );
    return Promise.resolve(newestValidFirst(found));
  }

  #add(path: string, der: Uint8Array, { trustRoot }: AddOptions): Promise<FakeEntry> {
    const entry = this.put(path, der);
    this.changes.push(`add ${entry.reference}${trustRoot ? ' as trusted root' : ''}`);
    return Promise.resolve(entry);
  }

  #remove(path: string, thumbprint: string, withKey: boolean): Promise<void> {
    this.changes.push(`remove ${formatReference(path, thumbprint)}${withKey ? ' with key' : ''}`);
    this.#stores.set(
      path,
      this.entries(path).filter((entry) => entry.thumbprint !== thumbprint),
    );
    return Promise.resolve();
  }
}
