import type net from 'node:net';
import type { Duplex } from 'node:stream';

import { invalidType } from '../base/errors/argument-error.js';
import type { TLSSocketOptions } from './socket/socket-options.js';
import { tlsDefaults } from './secure-context/defaults.js';
import { TLSSocket } from './socket/tls-socket.js';

/** Options of connect(): those of tls.connect(), of net.connect() and of {@link TLSSocketOptions}. */
export interface ConnectionOptions extends TLSSocketOptions {
  /** Default 'localhost'. Also the name for SNI and for the certificate, unless `servername` is given. */
  readonly host?: string | undefined;
  readonly port?: number | string | undefined;
  /** A named pipe; used instead of host and port. */
  readonly path?: string | undefined;
  /** A stream to use instead of a new connection: a socket, another TLSSocket, or any Duplex. */
  readonly socket?: Duplex | null | undefined;
  /** Milliseconds without traffic until the event 'timeout'. Default: none. */
  readonly timeout?: number | undefined;
  readonly family?: number | undefined;
  readonly lookup?: net.TcpSocketConnectOpts['lookup'];
  readonly hints?: number | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly noDelay?: boolean | undefined;
  readonly keepAlive?: boolean | undefined;
  readonly keepAliveInitialDelay?: number | undefined;
  readonly autoSelectFamily?: boolean | undefined;
  readonly autoSelectFamilyAttemptTimeout?: number | undefined;
}

/**
 * Opens a TLS connection with Schannel. Arguments and options are those of tls.connect().
 *
 * Windows verifies the peer unless `rejectUnauthorized` is false. Unlike in node:tls, `host` is sent as SNI if there
 * is no `servername`.
 *
 * @returns a socket that emits 'secureConnect' when the peer is verified, or 'error'
 * @throws SchannelError ERR_SCHANNEL_OPTION_UNSUPPORTED for an option that Schannel can't honour
 * @throws SchannelError ERR_SCHANNEL_UNSUPPORTED_PLATFORM if there is no Schannel
 */
export function connect(options: ConnectionOptions, secureConnectListener?: () => void): TLSSocket;
export function connect(
  port: number,
  host?: string,
  options?: ConnectionOptions,
  secureConnectListener?: () => void,
): TLSSocket;
export function connect(
  portOrPath: number | string,
  options?: ConnectionOptions,
  secureConnectListener?: () => void,
): TLSSocket;
export function connect(...args: unknown[]): TLSSocket {
  const { options, listener } = parseArguments(args);
  const { socket } = options;
  const tlsSocket = new TLSSocket(
    socket,
    { ciphers: tlsDefaults().ciphers, ...options, isServer: false, rejectUnauthorized: rejects(options) },
    hostOf(options),
  );
  if (listener) tlsSocket.once('secureConnect', listener);
  if (options.timeout) tlsSocket.setTimeout(options.timeout);
  if (socket) tlsSocket._start();
  else tlsSocket.connect(options);
  if (options.noDelay) tlsSocket.setNoDelay(true);
  if (options.keepAlive) tlsSocket.setKeepAlive(true, options.keepAliveInitialDelay);
  return tlsSocket;
}

/** As in node:tls, options in the object override those given by position. */
function parseArguments(args: readonly unknown[]): {
  options: ConnectionOptions;
  listener: (() => void) | null;
} {
  const [first, second] = args;
  const listener = args.find((argument) => typeof argument === 'function') as (() => void) | undefined;
  const given = args.find((argument) => typeof argument === 'object' && argument !== null) as
    ConnectionOptions | undefined;
  return { options: { ...positional(first, second), ...given }, listener: listener ?? null };
}

function positional(first: unknown, second: unknown): ConnectionOptions {
  if (typeof first === 'object' && first !== null) return {};
  if (typeof first === 'string' && !isPort(first)) return { path: first };
  if (typeof first === 'number' || typeof first === 'string') {
    return { port: first, ...(typeof second === 'string' ? { host: second } : {}) };
  }
  if (first === undefined || typeof first === 'function') return {};
  throw invalidType('options', 'an object, a port or a path', first);
}

function isPort(text: string): boolean {
  return /^\d+$/.test(text);
}

/**
 * The peer is verified unless the option or the environment says otherwise. As in node:tls, the environment only
 * counts if the option is not present at all.
 */
function rejects(options: ConnectionOptions): boolean {
  const isOff = process.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0';
  if (isOff) warnOnce();
  return 'rejectUnauthorized' in options ? options.rejectUnauthorized !== false : !isOff;
}

let hasWarned = false;

/** Node's warning. */
function warnOnce(): void {
  if (hasWarned) return;
  hasWarned = true;
  process.emitWarning(
    "Setting the NODE_TLS_REJECT_UNAUTHORIZED environment variable to '0' makes TLS connections and HTTPS requests " +
      'insecure by disabling certificate verification.',
  );
}

/** The name that the caller connects to. As in node:tls, a stream that is already connected may have it as `_host`. */
function hostOf({ host, path, socket }: ConnectionOptions): string | null {
  if (host) return host;
  if (socket) return '_host' in socket && typeof socket._host === 'string' ? socket._host : null;
  return path ? null : 'localhost';
}
