/** The entry point `schannel/acme`: certificates by ACME (RFC 8555). */
export { type ChallengeClient } from './apps/acme/challenge-server/client.js';
export { ChallengeClientFile } from './apps/acme/challenge-server/client-file.js';
export { newChallengeSecret, type NewSecret } from './apps/acme/challenge-server/secret.js';
export {
  type ChallengeClients,
  type ChallengeEvent,
  type ChallengeHandler,
  type ChallengeServer,
  type ChallengeServerOptions,
  createChallengeServer,
} from './apps/acme/challenge-server/server.js';
export {
  createRedirectServer,
  type RedirectServerOptions,
  type TokenSource,
} from './apps/acme/challenge/redirect-server.js';
export {
  type ChallengeCheck,
  type ChallengeFinding,
  checkChallenges,
  portObstacle,
} from './apps/acme/challenge/check-challenges.js';
export {
  dnsPersist,
  type DnsPersistOptions,
  persistentRecord,
  type PersistentProof,
  type PersistentRecord,
} from './apps/acme/challenge/dns-persist.js';
export { dnsRecords, type DnsRecordsOptions } from './apps/acme/challenge/dns-records.js';
export {
  httpTokens,
  type HttpTokensOptions,
  type HttpTokenSolver,
} from './apps/acme/challenge/http-tokens.js';
export { webroot, type WebrootOptions } from './apps/acme/challenge/webroot.js';
export { tlsAlpn, type TlsAlpnOptions, type TlsAlpnSolver } from './apps/acme/challenge/tls-alpn.js';
export type {
  ChallengeContext,
  ChallengePlan,
  ChallengeSolver,
  ChallengeTask,
  JsonRecord,
  JsonValue,
} from './apps/acme/challenge/solver.js';
export {
  acmeDns,
  registerAcmeDns,
  type AcmeDnsAccount,
  type AcmeDnsOptions,
} from './apps/acme/dns/acme-dns.js';
export { cloudflare, type CloudflareOptions } from './apps/acme/dns/cloudflare.js';
export { dnsimple, type DnsimpleOptions } from './apps/acme/dns/dnsimple.js';
export { httpRequest, type HttpRequestOptions } from './apps/acme/dns/http-request.js';
export { program, type ProgramOptions } from './apps/acme/dns/program.js';
export type { WebServiceOptions } from './apps/acme/dns/web-service.js';
export type { DnsContext, DnsHandle, DnsProvider, HostAddress, TxtRecord } from './apps/acme/dns/provider.js';
export { dnsUpdate, type DnsUpdateOptions } from './apps/acme/dns/update.js';
export { createAcmeManager } from './apps/acme/manager/create.js';
export type { Hook, MoveBindings } from './apps/acme/manager/hooks.js';
export { markerOf, type Marker } from './apps/acme/manager/marker.js';
export type { AcmeManager, CheckOptions } from './apps/acme/manager/manager.js';
export { letsEncrypt, type CertificateSet, type ManagerOptions } from './apps/acme/manager/options.js';
export type {
  CheckReport,
  HeldCertificate,
  ManagerEvents,
  ManagerLogEntry,
  Obtained,
  SetReport,
  SetStatus,
} from './apps/acme/manager/report.js';
export {
  forgetAccount,
  type StoredAccount,
  type StoredAccountOptions,
  withStoredAccount,
} from './apps/acme/manager/stored-account.js';
export type { CertificateKey, CertificateKeys, KeyPlan } from './apps/acme/order/keys.js';
export type { OrderLogEntry, OrderStep } from './apps/acme/order/log.js';
export type { IssuedCertificate, OrderRequest } from './apps/acme/order/options.js';
export { type Leftovers, undoLeftovers } from './apps/acme/order/leftovers.js';
export { type PlacedCertificate, runOrder } from './apps/acme/order/run-order.js';
export { windowsKeys, type WindowsKeyOptions } from './apps/acme/order/windows-keys.js';
export type { AccountKey, PublicJwk } from './apps/acme/protocol/account-key.js';
export {
  type AccountFacts,
  AcmeClient,
  type AcmeClientOptions,
  type Chain,
  fetchDirectory,
  type OrderOptions,
  type RegisterOptions,
} from './apps/acme/protocol/client.js';
export type { RenewalInfo } from './apps/acme/protocol/renewal-info.js';
export type {
  Authorization,
  AuthorizationStatus,
  Challenge,
  Directory,
  Identifier,
  Order,
  OrderStatus,
} from './apps/acme/protocol/resources.js';
export {
  type AcmeRequest,
  type AcmeResponse,
  type AcmeTransport,
  type HttpsModule,
  httpsTransport,
} from './apps/acme/http/transport.js';
