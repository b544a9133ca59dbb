import tls from 'node:tls';

import { useExportedDefaults } from './tls/secure-context/defaults.js';
import { useExportedFactory } from './tls/secure-context/factory.js';
import { createSecureContext as create } from './tls/secure-context/secure-context.js';
import { Server as ServerClass } from './tls/server/server.js';
import { callable } from './base/callable.js';
import { TLSSocket as TLSSocketClass } from './tls/socket/tls-socket.js';

/** A property that a program may replace, as in node:tls: connect() and servers make their contexts by it. */
export const createSecureContext: typeof create = create;

/**
 * What applies if an option is not given. A program may set them, as those of node:tls, which count here too unless
 * these are set.
 */
export const DEFAULT_MIN_VERSION: string = tls.DEFAULT_MIN_VERSION;
export const DEFAULT_MAX_VERSION: string = tls.DEFAULT_MAX_VERSION;
export const DEFAULT_CIPHERS: string = tls.DEFAULT_CIPHERS;
/** Windows chooses the groups itself. */
export const DEFAULT_ECDH_CURVE: string = tls.DEFAULT_ECDH_CURVE;

const exported = module.exports as Parameters<typeof useExportedFactory>[0] &
  Parameters<typeof useExportedDefaults>[0];
useExportedFactory(exported);
useExportedDefaults(exported);

/** A server takes part in no renegotiation that a client begins, so that neither number is ever reached. */
export const CLIENT_RENEG_LIMIT: number = tls.CLIENT_RENEG_LIMIT;
export const CLIENT_RENEG_WINDOW: number = tls.CLIENT_RENEG_WINDOW;

/** Whether a certificate is for a host: Node's own function. */
export const { checkServerIdentity } = tls;
export { getCACertificates, setDefaultCACertificates } from './tls/secure-context/default-authorities.js';
/** Windows has no certificate compression. */
export const getCertificateCompressionAlgorithms = (): string[] => [];
export { getCiphers } from './tls/socket/suites.js';
export { createSecurePair } from './tls/socket/secure-pair.js';
export { rootCertificates } from 'node:tls';
export { convertALPNProtocols } from './tls/socket/alpn.js';

export const TLSSocket = callable(TLSSocketClass);
export type TLSSocket = TLSSocketClass;
export const Server = callable(ServerClass);
export type Server = ServerClass;

export { connect, type ConnectionOptions } from './tls/connect.js';
export {
  SchannelError,
  type AlertDetails,
  type ErrorPhase,
  type SchannelErrorDetails,
} from './base/errors/schannel-error.js';
export type { CertificateChoice, CertificateWithKey } from './tls/identity/choice.js';
export type { IdentityOptions, PfxSource } from './tls/secure-context/identity-options.js';
export type { CertificateSearch } from './tls/identity/search.js';
export type { CertificateRequest, CertificateSelector } from './tls/identity/selector.js';
export { isSupported } from './native/load.js';
export { SecureContext, type SecureContextOptions } from './tls/secure-context/secure-context.js';
export { releaseUnusedResources } from './tls/credential/resources.js';
export type { Protocol } from './tls/secure-context/protocols.js';
export type { RevocationMode } from './windows/trust/revocation.js';
export type {
  CloseMessage,
  CredentialMessage,
  HandshakeMessage,
  StoreMessage,
  VerificationMessage,
} from './base/trace/channels.js';
export type { ConnectionDescription } from './formats/description/connection.js';
export type { CipherFacts, EphemeralKeyFacts } from './tls/socket/session-info.js';
export type { Verification } from './tls/socket/peer-verification.js';
export { createServer, type SecureConnectionListener } from './tls/server/server.js';
/** The same as 'schannel/https', for programs that use this package in place of node:tls. */
export * as https from './adapters/https/index.js';
export type { CertificateChange } from './tls/server/followed-identity.js';
export type { ServerOptions } from './tls/server/server-options.js';
export type { TLSSocketOptions } from './tls/socket/socket-options.js';
export type { ALPNCallback, SNICallback, SNIDone, TlsChallenges } from './tls/socket/server-options.js';
