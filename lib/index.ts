export { connect, type ConnectionOptions } from './connect.js';
export {
  SchannelError,
  type AlertDetails,
  type Phase,
  type SchannelErrorDetails,
} from './errors/schannel-error.js';
export type { CertificateChoice, CertificateWithKey } from './identity/choice.js';
export type { IdentityOptions, PfxSource } from './identity/options.js';
export type { CertificateRequest, CertificateSelector } from './identity/selector.js';
export { isSupported } from './native/load.js';
export {
  createSecureContext,
  SecureContext,
  type SecureContextOptions,
} from './secure-context/secure-context.js';
export { releaseUnusedResources } from './secure-context/resources.js';
export type { Protocol } from './secure-context/protocols.js';
export type { RevocationMode } from './certificate/revocation.js';
export type { CipherFacts, EphemeralKeyFacts } from './socket/connection-facts.js';
export type { Verification } from './socket/peer-verification.js';
export type { TLSSocketOptions } from './socket/socket-options.js';
export { TLSSocket } from './socket/tls-socket.js';
