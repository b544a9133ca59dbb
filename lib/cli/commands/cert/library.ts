import type { Placement } from '../../../windows/import-export/execute-plan.js';
import type { ExportPemOptions, ExportPfxOptions } from '../../../windows/import-export/export.js';
import type { ReadImportOptions, RunImportOptions } from '../../../windows/import-export/import-options.js';
import type { ImportPreview } from '../../../windows/import-export/import.js';
import type { IdentityRole } from '../../../tls/identity/preflight/finding.js';
import type { PreflightReport } from '../../../tls/identity/preflight/preflight.js';
import type { SelfSignedOptions } from '../../../windows/issue/self-signed-options.js';
import type { Certificate, KeyInspection } from '../../../windows/store/certificate.js';
import type { CertificateContents } from '../../../formats/x509/certificate-contents.js';
import type { StoreLocation } from '../../../windows/store/locations.js';
import type { CertificateQuery } from '../../../windows/store/query.js';
import type { StoreChange } from '../../../windows/store/watch.js';

/** A certificate as the commands see it: the public part of the library's, which tests can imitate. */
export interface StoreEntry extends EntryContents {
  inspectKey(): Promise<KeyInspection | null>;
  close(): void;
}

/** What can be read of it. */
export interface EntryContents
  extends
    Pick<CertificateContents, keyof CertificateContents>,
    Pick<Certificate, 'friendlyName' | 'archived' | 'hasPrivateKey' | 'extendedKeyUsage' | 'reference'> {}

/** An open store as the commands see it. */
export interface OpenStore {
  /** 'MY', 'Root' … as Windows spells it. */
  readonly name: string;
  readonly location: StoreLocation;
  /** 'CurrentUser\\MY'. */
  readonly path: string;
  all(): Promise<readonly StoreEntry[]>;
  find(query: EntryQuery): Promise<readonly StoreEntry[]>;
  add(certificate: Uint8Array, options: AddOptions): Promise<StoreEntry>;
  remove(thumbprint: string, options: { readonly withKey: boolean }): Promise<void>;
  watch(options: { readonly signal?: AbortSignal }): EntryChanges;
  close(): void;
}

/** Changes of a store as they come; started once every later change will be told. */
export interface EntryChanges extends AsyncIterable<EntryChange> {
  readonly started: Promise<void>;
}

export type EntryChange = Pick<StoreChange<EntryContents>, 'type' | 'certificate'>;

export interface EntryQuery extends Omit<CertificateQuery, 'where'> {
  readonly where?: (certificate: StoreEntry) => boolean;
}

export interface AddOptions {
  readonly onExisting: 'keep';
  readonly trustRoot: boolean;
}

export interface OpenOptions {
  readonly location?: StoreLocation;
  readonly readOnly?: boolean;
  readonly archived?: boolean;
}

/** A file that was read, and can be imported as it was then. */
export interface PreparedFile {
  readonly preview: ImportPreview;
  run(options: RunImportOptions): Promise<ImportOutcome>;
}

/** What became of a file; it holds its certificates until it is disposed of. */
export interface ImportOutcome extends Disposable {
  readonly placements: readonly Placement<EntryContents>[];
  readonly keysWithoutCertificate: number;
}

/** What speaks against a certificate as the identity of a TLS connection. */
export type Examination = Pick<PreflightReport, 'usable' | 'findings'>;

/** The functions of schannel/store that the commands use: the package's own, outside of tests. */
export interface CertificateLibrary {
  openStore(name: string, options: OpenOptions): Promise<OpenStore>;
  createSelfSigned(options: SelfSignedOptions): Promise<StoreEntry>;
  prepareImport(file: Uint8Array, options: ReadImportOptions): Promise<PreparedFile>;
  exportPfx(certificate: StoreEntry, options: ExportPfxOptions): Promise<Uint8Array>;
  exportPem(certificate: StoreEntry, options: ExportPemOptions): Promise<string>;
  preflight(certificate: StoreEntry | string, role: IdentityRole): Promise<Examination>;
}
