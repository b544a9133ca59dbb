/** What `schannel/store` offers. */
export { Certificate, type KeyInspection } from './store/certificate.js';
export type { OnExisting } from './store/dispositions.js';
export { findCertificate } from './store/find-certificate.js';
export type { StoreLocation } from './store/locations.js';
export type { CertificateQuery } from './store/query.js';
export {
  CertificateStore,
  openStore,
  type AddCertificateOptions,
  type OpenStoreOptions,
  type RemoveCertificateOptions,
} from './store/store.js';
export type { CertificateSource } from './store/source.js';
export { parseReference, type CertificateReference } from './store/reference.js';
export { parseStoreName, type StoreName } from './store/store-name.js';
export { EXTENDED_KEY_USAGES, type KeyUsage } from './store/usages.js';
