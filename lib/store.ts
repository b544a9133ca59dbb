/** What `schannel/store` offers. */
export type { ImportRole, Placement } from './windows/import-export/execute-plan.js';
export {
  exportPem,
  exportPfx,
  type ExportPemOptions,
  type ExportPfxOptions,
} from './windows/import-export/export.js';
export {
  importCertificateFolder,
  type CertificateFolderReport,
  type ImportCertificateFolderOptions,
  type ImportedFromFolder,
  type NameInFolder,
} from './windows/import-export/import-certificate-folder.js';
export type { UnreadFile } from './windows/import-export/certificate-folder.js';
export {
  importPfxFolder,
  type ImportFileReport,
  type ImportFolderOptions,
} from './windows/import-export/import-folder.js';
export type {
  ImportOptions,
  ReadImportOptions,
  RunImportOptions,
} from './windows/import-export/import-options.js';
export type { ImportResult } from './windows/import-export/import-result.js';
export {
  importCertificates,
  importFile,
  importPfx,
  prepareImport,
  previewImport,
  type ImportPreview,
  type PreparedImport,
} from './windows/import-export/import.js';
export { sweepOrphans, type SweepReport } from './windows/temporary-identity/sweep.js';
export type { Finding, FindingCode, IdentityRole } from './tls/identity/preflight/finding.js';
export { preflight, type PreflightReport } from './tls/identity/preflight/preflight.js';
export { createSelfSigned } from './windows/issue/self-signed.js';
export type { SelfSignedOptions } from './windows/issue/self-signed-options.js';
export type { KeyDialogOptions } from './windows/key/dialog.js';
export type { DecryptOptions } from './windows/key/decrypt-scheme.js';
export type { KeyFacts } from './windows/key/facts.js';
export type { GenerateKeyOptions } from './windows/key/generate.js';
export type { ImportKeyOptions } from './windows/key/import.js';
export { generateKey, importKey, openKey } from './windows/key/keys.js';
export type { OpenKeyOptions } from './windows/key/open.js';
export type { KeyLocationOptions } from './windows/key/options.js';
export type { KeyAccess } from './windows/key/access.js';
export type { KeyAccount } from './windows/key/account.js';
export type { GrantOptions, KeyRight, KeyRights, RightsChange } from './windows/key/rights.js';
export { PrivateKey, type ExportOptions } from './windows/key/private-key.js';
export { KEY_PROVIDERS, type KeyProvider } from './windows/key/providers.js';
export type { SignOptions } from './windows/key/sign-scheme.js';
export { Certificate, type KeyInspection } from './windows/store/certificate.js';
export type { OnExisting } from './windows/store/dispositions.js';
export { findCertificate } from './windows/store/find-certificate.js';
export type { StoreLocation } from './windows/store/locations.js';
export type { CertificateQuery } from './windows/store/query.js';
export { CertificateStore, openStore } from './windows/store/store.js';
export type {
  AddCertificateOptions,
  OpenStoreOptions,
  RemoveCertificateOptions,
} from './windows/store/store-options.js';
export type { CertificateSource } from './windows/store/source.js';
export { parseReference, type CertificateReference } from './windows/store/reference.js';
export { parseStoreName, type StoreName } from './windows/store/store-name.js';
export { EXTENDED_KEY_USAGES, type KeyUsage } from './formats/x509/usages.js';
export type { Duration } from './windows/store/duration.js';
export { expiring, type ExpiringOptions } from './windows/store/expiring.js';
export { expiryAlarms, type ExpiryAlarm, type ExpiryAlarmOptions } from './windows/store/expiry-alarms.js';
export type { StoreChange, StoreWatcher, WatchOptions } from './windows/store/watch.js';
