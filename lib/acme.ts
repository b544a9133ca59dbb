/** The entry point `schannel/acme`: certificates by ACME (RFC 8555). */
export {
  createRedirectServer,
  type RedirectServerOptions,
  type TokenSource,
} from './apps/acme/challenge/redirect-server.js';
export type { DnsContext, DnsHandle, DnsProvider, TxtRecord } from './apps/acme/dns/provider.js';
export { dnsUpdate, type DnsUpdateOptions } from './apps/acme/dns/update.js';
export type { AccountKey, PublicJwk } from './apps/acme/protocol/account-key.js';
export {
  AcmeClient,
  type AcmeClientOptions,
  type Chain,
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
} from './apps/acme/protocol/transport.js';
