import { X509Certificate } from 'node:crypto';
import type { CertificateLibrary } from '#lib/cli/command-context.js';
import type { ExportPemOptions, ExportPfxOptions } from '#lib/windows/import-export/export.js';
import type { ReadImportOptions, RunImportOptions } from '#lib/windows/import-export/import-options.js';
import { type ImportResult, resultOf } from '#lib/windows/import-export/import-result.js';
import { type ImportPreview, type PreparedImport, prepareImport } from '#lib/windows/import-export/import.js';
import type { SelfSignedOptions } from '#lib/windows/issue/self-signed-options.js';
import { CertificateContents } from '#lib/formats/x509/certificate-contents.js';
import { Certificate, type KeyInspection } from '#lib/windows/store/certificate.js';
import { locationFlag } from '#lib/windows/store/locations.js';
import { PROPERTY } from '#lib/windows/store/properties.js';
import type { CertificateQuery } from '#lib/windows/store/query.js';
import { formatReference } from '#lib/windows/store/reference.js';
import type { CertificateSource } from '#lib/windows/store/source.js';
import type {
  AddCertificateOptions,
  OpenStoreOptions,
  RemoveCertificateOptions,
} from '#lib/windows/store/store-options.js';
import { openNative } from '#lib/windows/store/store-access.js';
import { parseStoreName } from '#lib/windows/store/store-name.js';
import { CertificateStore } from '#lib/windows/store/store.js';
import type { Finding, IdentityRole } from '#lib/tls/identity/preflight/finding.js';
import type { PreflightReport } from '#lib/tls/identity/preflight/preflight.js';
import { acquire } from '#lib/windows/key/acquire.js';
import { dialogSettings } from '#lib/windows/key/dialog.js';
import type { ScriptedAccount } from './scripted-accounts.js';
import { SOFTWARE_LOCATION } from './scripted-key.js';
import { type Held, heldBy, ScriptedSystem } from './scripted-system.js';

export interface FakeEntryOptions {
  readonly friendlyName?: string;
  readonly archived?: boolean;
  /** What opening the private key gives; default there is none. */
  readonly key?: KeyInspection;
}

/** What lies in a store, for a test to compare. */
export class FakeEntry extends CertificateContents {
  readonly friendlyName: string | null;

  constructor(
    der: Uint8Array,
    readonly path: string,
    { friendlyName }: FakeEntryOptions = {},
  ) {
    super(der);
    this.friendlyName = friendlyName ?? null;
  }

  get reference(): string {
    return formatReference(this.path, this.thumbprint);
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

/**
 * The library's stores on a Windows in memory. What needs a provider of keys (a new certificate, an export, a
 * preflight) is noted and answered as the test says.
 */
export class FakeStores implements CertificateLibrary {
  readonly #system = new ScriptedSystem();
  readonly #keys = new WeakMap<Held, KeyInspection>();
  /** What was done, in order: 'remove CurrentUser\\MY\\ABCD… with key'. */
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

  /** Objects of Windows that were not closed. */
  get open(): number {
    return this.#system.open;
  }

  /** What others do while a store is watched: one each time that a change is awaited. */
  set coming(changes: readonly (() => void)[]) {
    this.#system.coming = [...changes];
  }

  /** The accounts of this machine. */
  set accounts(accounts: readonly ScriptedAccount[]) {
    this.#system.accounts = accounts;
  }

  /** Who may use the key of an entry: a security descriptor. */
  setRights({ thumbprint }: FakeEntry, descriptor: Uint8Array): void {
    this.#system.security.set(thumbprint, descriptor);
  }

  rightsOf({ thumbprint }: FakeEntry): Uint8Array | undefined {
    return this.#system.security.get(thumbprint);
  }

  /** Puts a certificate into a store, which is made if it is not there. */
  put(path: string, der: Uint8Array, options: FakeEntryOptions = {}): FakeEntry {
    const entry = new FakeEntry(der, path, options);
    const held: Held = { encoded: entry.raw, properties: new Map(), location: null };
    const { friendlyName, archived = false, key } = options;
    if (friendlyName !== undefined) {
      held.properties.set(PROPERTY.friendlyName, Buffer.from(`${friendlyName}\0`, 'utf16le'));
    }
    if (archived) held.properties.set(PROPERTY.archived, Buffer.alloc(0));
    if (key !== undefined) {
      held.location = { ...SOFTWARE_LOCATION, container: entry.thumbprint };
      this.#keys.set(held, key);
      const { publicKey } = new X509Certificate(der);
      this.#system.keys.set(entry.thumbprint, publicKey.export({ type: 'spki', format: 'der' }));
    }
    this.#held(path).push(held);
    return entry;
  }

  /** Takes a certificate out of a store again, as another program would. */
  take(path: string, { raw }: FakeEntry): void {
    const held = this.#held(path);
    held.splice(
      held.findIndex(({ encoded }) => raw.equals(encoded)),
      1,
    );
  }

  /** What is in a store. */
  entries(path: string): readonly FakeEntry[] {
    return this.#held(path).map((held) => {
      const certificate = new Certificate(this.#system.hand(held), null);
      const { friendlyName } = certificate;
      certificate.close();
      return new FakeEntry(held.encoded, path, friendlyName === null ? {} : { friendlyName });
    });
  }

  async openStore(name: string, options: OpenStoreOptions = {}): Promise<CertificateStore> {
    const { location, readOnly = false, create = false, archived = false } = options;
    const parsed = parseStoreName(name, location);
    const access = { readOnly, create, archived };
    const native = await openNative(this.#system, parsed, access);
    const inspect = this.#inspect;
    const { changes } = this;
    return new (class extends CertificateStore {
      override async all(): Promise<Certificate[]> {
        return (await super.all()).map(inspect);
      }

      override async find(query?: CertificateQuery): Promise<Certificate[]> {
        return (await super.find(query)).map(inspect);
      }

      override async add(source: CertificateSource, options?: AddCertificateOptions): Promise<Certificate> {
        const added = await super.add(source, options);
        changes.push(`add ${added.reference ?? ''}${options?.trustRoot === true ? ' as trusted root' : ''}`);
        return added;
      }

      override async remove(
        certificate: Certificate | string,
        options?: RemoveCertificateOptions,
      ): Promise<void> {
        await super.remove(certificate, options);
        const thumbprint = typeof certificate === 'string' ? certificate : certificate.thumbprint;
        changes.push(
          `remove ${formatReference(this.path, thumbprint)}${options?.withKey === true ? ' with key' : ''}`,
        );
      }
    })(this.#system, native, parsed, access);
  }

  /** The certificate is {@link made}, whatever is asked for. */
  createSelfSigned(options: SelfSignedOptions): Promise<Certificate> {
    this.requests.push(options);
    if (this.made === null) return Promise.reject(new Error('nothing was prepared to be made'));
    const { store, friendlyName } = options;
    if (typeof store !== 'string') return Promise.reject(new TypeError('the commands name stores by path'));
    const entry = this.put(store, this.made, {
      key: USABLE_KEY,
      ...(friendlyName === undefined ? {} : { friendlyName }),
    });
    this.changes.push(`make ${entry.reference}`);
    const held = this.#held(store).find(({ encoded }) => encoded === entry.raw);
    if (held === undefined) return Promise.reject(new Error('what was put into the store is not there'));
    return Promise.resolve(this.#by(held, store));
  }

  /** The file is read for real; its import says that all of it was added. */
  async prepareImport(
    file: Parameters<CertificateLibrary['prepareImport']>[0],
    { password }: ReadImportOptions = {},
  ): Promise<PreparedImport> {
    const { preview } = await prepareImport(file, password === undefined ? {} : { password });
    this.onPrepared();
    return {
      preview,
      run: (options = {}) => {
        this.imports.push({ password, options });
        return Promise.resolve(this.#imported(preview, options));
      },
    };
  }

  #imported(preview: ImportPreview, { store, trustRoot = false }: RunImportOptions): ImportResult {
    if (typeof store !== 'string') throw new TypeError('the commands name stores by path');
    const place = (
      role: ImportResult['placements'][number]['role'],
      certificates: readonly { readonly raw: Uint8Array }[],
      where = store,
    ): ImportResult['placements'] =>
      certificates.map(({ raw }) => ({
        role,
        store: where,
        action: role === 'root' && !trustRoot ? 'not-added' : 'added',
        certificate: this.#by({ encoded: raw, properties: new Map(), location: null }, where),
      }));
    const placements = [
      ...place(
        'identity',
        preview.identities.map(({ certificate }) => certificate),
      ),
      ...place('authority', preview.authorities, 'CurrentUser\\CA'),
      ...place('root', preview.roots, 'CurrentUser\\Root'),
    ];
    return resultOf(placements, preview.keysWithoutCertificate, {
      [Symbol.dispose]: () => {
        for (const { certificate } of placements) certificate.close();
        this.disposed += 1;
      },
    });
  }

  exportPfx(certificate: Certificate, options: ExportPfxOptions): Promise<Buffer> {
    this.exports.push(options);
    return Promise.resolve(Buffer.from(`PFX of ${certificate.thumbprint}`));
  }

  exportPem(certificate: Certificate, options: ExportPemOptions = {}): Promise<string> {
    this.exports.push(options);
    return Promise.resolve(certificate.pem);
  }

  preflight(certificate: Certificate | string, role: IdentityRole = 'client'): Promise<PreflightReport> {
    this.examined.push(
      `${typeof certificate === 'string' ? certificate : (certificate.reference ?? '')} ${role}`,
    );
    const { findings } = this;
    return Promise.resolve({
      role,
      usable: findings.every(({ severity }) => severity !== 'error'),
      findings,
    });
  }

  #held(path: string): Held[] {
    const { location, name } = parseStoreName(path);
    const key = `${String(locationFlag(location) >>> 16)}\\${name.toLowerCase()}`;
    const held = this.#system.stores.get(key) ?? [];
    this.#system.stores.set(key, held);
    return held;
  }

  #by(held: Held, path: string): Certificate {
    return new Certificate(this.#system.hand(held), {
      path,
      change: () => Promise.reject(new Error('the commands change no properties')),
      forget: () => undefined,
    });
  }

  /** Has the certificate say of its key what the test says. */
  readonly #inspect = (certificate: Certificate): Certificate => {
    const key = this.#keys.get(heldBy(certificate.native)) ?? null;
    certificate.inspectKey = () => Promise.resolve(key);
    certificate.openPrivateKey = (options = {}) =>
      acquire(this.#system, certificate.native, dialogSettings(options));
    return certificate;
  };
}
