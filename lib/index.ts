import { setSecureContextFactory } from './secure-context/factory.js';
import { createSecureContext as create } from './secure-context/secure-context.js';
import { Server as ServerClass } from './server/server.js';
import { callable } from './socket/callable.js';
import { TLSSocket as TLSSocketClass } from './socket/tls-socket.js';

/** A property that can be replaced, as node:tls's: connect() and servers make their contexts by whatever is there. */
export const createSecureContext: typeof create = create;
setSecureContextFactory((options) => createSecureContext(options));

export const TLSSocket = callable(TLSSocketClass);
export type TLSSocket = TLSSocketClass;
export const Server = callable(ServerClass);
export type Server = ServerClass;

export { connect, type ConnectionOptions } from './connect.js';
export {
  SchannelError,
  type AlertDetails,
  type Phase,
  type SchannelErrorDetails,
} from './errors/schannel-error.js';
export type { CertificateChoice, CertificateWithKey } from './identity/choice.js';
export type { IdentityOptions, PfxSource } from './identity/options.js';
export type { CertificateSearch } from './identity/search.js';
export type { CertificateRequest, CertificateSelector } from './identity/selector.js';
export { isSupported } from './native/load.js';
export { SecureContext, type SecureContextOptions } from './secure-context/secure-context.js';
export { releaseUnusedResources } from './secure-context/resources.js';
export type { Protocol } from './secure-context/protocols.js';
export type { RevocationMode } from './certificate/revocation.js';
export type { CipherFacts, EphemeralKeyFacts } from './socket/connection-facts.js';
export type { Verification } from './socket/peer-verification.js';
export { createServer, type SecureConnectionListener } from './server/server.js';
export type { CertificateChange } from './server/followed-identity.js';
export type { ServerOptions } from './server/server-options.js';
export type { TLSSocketOptions } from './socket/socket-options.js';
export type { ALPNCallback, SNICallback, SNIDone } from './socket/server-options.js';
