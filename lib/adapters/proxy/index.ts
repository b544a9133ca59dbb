import { connect as connectTcp, type Socket } from 'node:net';
import { connect, type ConnectionOptions } from '../../tls/connect.js';
import type { ProxyOptions } from './choose-proxy.js';
import { createConnectThrough, type ThroughOptions } from './connect-through.js';
import type { ProxyServerStep } from './steps.js';

export { decodeProxyHeader, type DecodedProxyHeader } from '../../formats/proxy-protocol/decode-header.js';
export { encodeProxyHeader, type EncodeOptions } from '../../formats/proxy-protocol/encode-header.js';
export type {
  ProxiedAddresses,
  ProxyEndpoint,
  ProxyFacts,
  ProxyHeader,
  ProxyTlsFacts,
  ProxyValue,
} from '../../formats/proxy-protocol/header.js';
export { addressList } from './address-list.js';
export { proxyHeaderFor, type DescribedSocket, type HeaderForOptions } from './header-for.js';
export type { ProxyAttempt, ProxyDecision } from './choose-proxy.js';
export { proxyFromUrl } from './proxy-url.js';
export { readProxyHeader, type ReadHeaderOptions } from './read-header.js';
export type { HostAndPort, ProxyAuth, ProxyHeaderStep } from './steps.js';

/** Options of connect() for a proxy that is reached by TLS. */
export type ProxyTlsOptions = Omit<ConnectionOptions, 'socket' | 'host' | 'port' | 'path' | 'signal'>;

/** A proxy that is asked to connect to what comes next. */
export type ProxyStep = ProxyServerStep<ProxyTlsOptions>;

/** Options that say which proxy connections take, and how they sign in to it. */
export type ProxyChoice = ProxyOptions<ProxyTlsOptions>;

/** Options of connectThrough(). */
export type ConnectThroughOptions = ThroughOptions<ProxyTlsOptions, Socket>;

/**
 * Connects to a host through proxies, in the clear: HTTP proxies (CONNECT, with Basic), proxies of SOCKS 5 (with a user
 * and a password), any number after each other, each with or without TLS. A step with `protocol: 'proxy'` sends a
 * header of the PROXY protocol.
 *
 * The promise resolves with a socket that nobody has read from: what the target has said already is read first. It is
 * for connect() and startTls():
 *
 * ```js
 * const through = [proxyFromUrl('http://proxy:3128')];
 * const socket = await connectThrough({ host: 'mail.example', port: 587, through });
 * const secure = await startTls(socket, { protocol: 'smtp', host: 'mail.example' });
 * ```
 *
 * When it rejects, nothing is left open.
 *
 * @throws {SchannelError} ERR_SCHANNEL_PROXY_REFUSED a proxy does not permit it, or does not reach what comes next;
 *   `reply` has its words
 * @throws {SchannelError} ERR_SCHANNEL_PROXY_ACCOUNT a proxy wants a user and a password, or refuses them
 * @throws {SchannelError} ERR_SCHANNEL_PROXY_UNREACHABLE the first proxy, with the reason as `cause`
 * @throws {SchannelError} ERR_SCHANNEL_PROXY_TIMEOUT
 * @throws {SchannelError} ERR_SCHANNEL_PEER_PROXY_REPLY, ERR_SCHANNEL_PEER_PROXY_LIMIT, ERR_SCHANNEL_PEER_PROXY_CLOSED
 *   what is there is no such proxy, or it broke off
 * @throws any error of connect() for a proxy with `tls`; that of the socket if no proxy is between; an AbortError;
 *   TypeError and RangeError for wrong arguments
 */
export function connectThrough(options: ConnectThroughOptions): Promise<Socket> {
  return connecting(options);
}

const connecting = createConnectThrough<ProxyTlsOptions, Socket>(connect, connectTcp);
