/** What `schannel/store` offers. */
export { Certificate } from './store/certificate.js';
export type { OnExisting } from './store/dispositions.js';
export type { StoreLocation } from './store/locations.js';
export type { CertificateQuery } from './store/query.js';
export {
  CertificateStore,
  openStore,
  type AddCertificateOptions,
  type CertificateSource,
  type OpenStoreOptions,
} from './store/store.js';
export { parseReference, type CertificateReference } from './store/reference.js';
export { parseStoreName, type StoreName } from './store/store-name.js';
export { EXTENDED_KEY_USAGES, type KeyUsage } from './store/usages.js';
