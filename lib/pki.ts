/** The entry point `schannel/pki`: requests, authorities that sign them, and certificates for local servers. */
export type {
  AuthorityKeyOptions,
  FileKeyOptions,
  KeyKind,
  WindowsKeyOptions,
} from './apps/authority/authority-key.js';
export {
  CertificateAuthority,
  type OpenAuthorityOptions,
  type RenewOptions,
  type Revoked,
  type RevokeOptions,
} from './apps/authority/certificate-authority.js';
export type { CertificateWish, Decision } from './apps/authority/draft.js';
export type { AuthorityEvent, LoggedEvent } from './apps/authority/events.js';
export type { RecordQuery } from './apps/authority/find.js';
export type { AuthorityHandler } from './apps/authority/handler.js';
export type { ConstraintNames, ConstraintOptions, InitOptions } from './apps/authority/init.js';
export type { Asked, Issued, IssueOptions } from './apps/authority/issue.js';
export type { ListOptions, PublishedList } from './apps/authority/lists.js';
export type { CertificateRecord } from './apps/authority/state.js';
export type { NameKind, Template } from './apps/authority/template.js';
export type { Verification } from './apps/authority/verify.js';
export {
  checkDevCert,
  ensureDevCert,
  removeDevCert,
  type DevCert,
  type DevCertOptions,
  type DevCertState,
} from './apps/dev-cert/dev-cert.js';
export { CertificateRequest } from './formats/request/certificate-request.js';
export { readRequest } from './formats/request/request-reader.js';
export type { RequestSignature } from './formats/request/request-signature.js';
export type { UnknownExtension } from './formats/request/requested-extensions.js';
export type { RevocationReason } from './formats/revocation/reasons.js';
