/** The entry point `schannel/pki`: requests for certificates. */
export { CertificateRequest } from './formats/request/certificate-request.js';
export { readRequest } from './formats/request/request-reader.js';
export type { RequestSignature } from './formats/request/request-signature.js';
export type { UnknownExtension } from './formats/request/requested-extensions.js';
