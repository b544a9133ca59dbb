/** What `schannel/store` offers. */
export type { ImportRole, Placement } from './exchange/carry-out.js';
export { exportPem, exportPfx, type ExportPemOptions, type ExportPfxOptions } from './exchange/export.js';
export {
  importPfxFolder,
  type ImportFileReport,
  type ImportFolderOptions,
} from './exchange/import-folder.js';
export type { ImportOptions, ReadImportOptions, RunImportOptions } from './exchange/import-options.js';
export type { ImportResult } from './exchange/import-result.js';
export {
  importCertificates,
  importFile,
  importPfx,
  prepareImport,
  previewImport,
  type ImportPreview,
  type PreparedImport,
} from './exchange/import.js';
export { sweepOrphans, type SweepReport } from './identity/sweep.js';
export type { Finding, FindingCode, IdentityRole } from './identity/preflight/finding.js';
export { preflight, type PreflightReport } from './identity/preflight/preflight.js';
export { createSelfSigned } from './issue/self-signed.js';
export type { SelfSignedOptions } from './issue/self-signed-options.js';
export type { KeyDialogOptions } from './key/dialog.js';
export type { DecryptOptions } from './key/decrypt-scheme.js';
export type { KeyFacts } from './key/facts.js';
export type { GenerateKeyOptions } from './key/generate.js';
export type { ImportKeyOptions } from './key/import.js';
export { generateKey, importKey, openKey } from './key/keys.js';
export type { OpenKeyOptions } from './key/open.js';
export type { KeyPlaceOptions } from './key/options.js';
export { PrivateKey, type ExportOptions } from './key/private-key.js';
export { KEY_PROVIDERS, type KeyProvider } from './key/providers.js';
export type { SignOptions } from './key/sign-scheme.js';
export { Certificate, type KeyInspection } from './store/certificate.js';
export type { OnExisting } from './store/dispositions.js';
export { findCertificate } from './store/find-certificate.js';
export type { StoreLocation } from './store/locations.js';
export type { CertificateQuery } from './store/query.js';
export { CertificateStore, openStore } from './store/store.js';
export type {
  AddCertificateOptions,
  OpenStoreOptions,
  RemoveCertificateOptions,
} from './store/store-options.js';
export type { CertificateSource } from './store/source.js';
export { parseReference, type CertificateReference } from './store/reference.js';
export { parseStoreName, type StoreName } from './store/store-name.js';
export { EXTENDED_KEY_USAGES, type KeyUsage } from './store/usages.js';
export type { Duration } from './store/duration.js';
export { expiring, type ExpiringOptions } from './store/expiring.js';
export { expiryAlarms, type ExpiryAlarm, type ExpiryAlarmOptions } from './store/expiry-alarms.js';
export type { StoreChange, StoreWatcher, WatchOptions } from './store/watch.js';
