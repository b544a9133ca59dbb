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
export type { AuthorityEvent, KeyReference, LoggedEvent } from './apps/authority/events.js';
export type { EstCaller, EstOptions as EstServerOptions, EstVerdict } from './apps/authority/est.js';
export type { RecordQuery } from './apps/authority/find.js';
export type { AuthorityHandler } from './apps/authority/handler.js';
export type { ConstraintNames, ConstraintOptions, InitOptions } from './apps/authority/init.js';
export type { Asked, Issued, IssueOptions } from './apps/authority/issue.js';
export type { ListOptions, PublishedList } from './apps/authority/lists.js';
export type { Published, PublicFile } from './apps/authority/publish.js';
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
export type { CertreqOptions } from './apps/enrol/certreq.js';
export type { CertsrvOptions } from './apps/enrol/certsrv.js';
export type { AuthorityServer, Enrolment } from './apps/enrol/enrolment.js';
export type { EstOptions } from './apps/enrol/est.js';
export type { ScepKey, ScepOptions } from './apps/enrol/scep.js';
export { submitRequest, type SubmitOptions } from './apps/enrol/submit-request.js';
export { CertificateRequest } from './formats/request/certificate-request.js';
export { readRequest } from './formats/request/request-reader.js';
export type { RequestSignature } from './formats/request/request-signature.js';
export type { UnknownExtension } from './formats/request/requested-extensions.js';
export type { CertificateTemplate } from './formats/request/template.js';
export type { RevocationReason } from './formats/revocation/reasons.js';
export { cancelRequest, type CancelOptions } from './windows/request/cancel-request.js';
export type { ChainVerdict, MissingPiece } from './windows/request/chain-verdict.js';
export {
  completeRequest,
  prepareCompletion,
  type CompleteOptions,
  type CompleteResult,
  type PreparedCompletion,
} from './windows/request/complete-request.js';
export { createRequest, type CreatedRequest } from './windows/request/create-request.js';
export type { RequestDifference } from './windows/request/differences.js';
export type { KeySearchOptions } from './windows/request/find-key.js';
export {
  findPending,
  pendingRequests,
  type ListedRequest,
  type PendingOptions,
} from './windows/request/pending-requests.js';
export { readRequestInf } from './windows/request/inf-options.js';
export { repairCertificate, type RepairResult } from './windows/request/repair-certificate.js';
export type { RequestLocation, RequestOptions } from './windows/request/request-options.js';
export type { PendingRequest } from './windows/request/stand-in.js';
export { rememberSubmission, type Submission } from './windows/request/submission.js';
